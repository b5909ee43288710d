import { deepStrictEqual } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

/** The templates of a synthesized app by their file names. */
export type Templates = Record<string, any>;

/**
 * Without what names the language's runtime: the CDK's analytics, which list the modules in use. Nothing else
 * differs.
 */
export function readTemplates(assembly: string): Templates {
  const names = readdirSync(assembly, { encoding: 'utf8', recursive: true }) // stages have folders of their own
    .filter((name) => name.endsWith('.template.json')).sort();
  return Object.fromEntries(names.map((name) => {
    const template = JSON.parse(readFileSync(path.join(assembly, name), 'utf8'));
    delete template.Resources?.CDKMetadata;
    delete template.Conditions?.CDKMetadataAvailable;
    return [name, template];
  }));
}

/** Says what differs where it is not. */
export function assertSame<T>(actual: T, expected: T): void {
  deepStrictEqual(actual, expected);
}

/** An app that made nothing would be the same in every language. */
export function assertHasIntegration(templates: Templates): void {
  const resources = Object.values(templates).flatMap((template) => Object.values<any>(template.Resources ?? {}));
  if (!resources.some(({ Type }) => Type === 'Custom::ImmutaS3Integration')) {
    throw new Error('no template has a Custom::ImmutaS3Integration');
  }
}
