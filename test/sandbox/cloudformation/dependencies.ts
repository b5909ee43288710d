import { references } from './intrinsics';
import { ResourceDefinition } from './template';

/** For each resource, the resources that must be there before it. */
export type Dependencies = Map<string, string[]>;

export function findDependencies(resources: Record<string, ResourceDefinition>): Dependencies {
  return new Map(Object.entries(resources).map(([logicalId, definition]) => {
    const explicit = [definition.DependsOn ?? []].flat();
    const named = new Set([...explicit, ...references(definition.Properties)]);
    return [logicalId, [...named].filter((name) => name in resources)];
  }));
}

/** For each resource, the resources that must be gone before it. */
export function reversed(dependencies: Dependencies): Dependencies {
  const dependents: Dependencies = new Map([...dependencies.keys()].map((logicalId) => [logicalId, []]));
  for (const [logicalId, names] of dependencies) names.forEach((name) => dependents.get(name)?.push(logicalId));
  return dependents;
}

/**
 * Does the work for each item as soon as that of all its dependencies is done, side by side. An item whose dependency
 * failed is left out; `false` as a result means failed.
 */
export async function inOrder(
  dependencies: Dependencies,
  work: (logicalId: string) => Promise<boolean>,
): Promise<void> {
  const done = new Map<string, Promise<boolean>>();
  const visit = (logicalId: string, path: string[]): Promise<boolean> => {
    if (path.includes(logicalId)) {
      throw new Error(`Circular dependency between resources: [${[...path, logicalId].join(', ')}]`);
    }
    const known = done.get(logicalId);
    if (known) return known;
    const before = (dependencies.get(logicalId) ?? []).map((name) => visit(name, [...path, logicalId]));
    const result = Promise.all(before).then((results) => results.every(Boolean) && work(logicalId));
    done.set(logicalId, result);
    return result;
  };
  await Promise.all([...dependencies.keys()].map((logicalId) => visit(logicalId, [])));
}
