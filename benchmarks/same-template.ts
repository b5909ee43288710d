import * as fs from 'node:fs';
import { defineApp, VARIANTS } from './variants';

/** Lists the resources of a variant with one integration, without their logical IDs. */
function listResources(variant: string): string[] {
  const { directory, stacks: [{ template }] } = defineApp(VARIANTS[variant], 1).synth();
  fs.rmSync(directory, { recursive: true });
  const logicalIds = new RegExp(`"(${Object.keys(template.Resources).join('|')})"`, 'g');
  // An object with other logical IDs has its keys in another order.
  return Object.values(template.Resources).map((resource) => JSON.stringify(sortDeeply(resource)))
    .map((resource) => resource.replace(logicalIds, '""')).sort();
}

function sortDeeply(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortDeeply);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort().map(([key, child]) => [key, sortDeeply(child)]));
}

/** Throws an error if the L2 variant does not give the template of the library, so that the comparison is fair. */
export function assertSameTemplate(): void {
  const [library, l2] = ['library', 'l2'].map(listResources);
  const differing = library.filter((resource) => !l2.includes(resource));
  if (differing.length > 0 || library.length !== l2.length) {
    throw new Error(`the L2 variant gives another template: it has not\n${differing.join('\n')}`);
  }
}
