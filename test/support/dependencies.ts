import { Resources } from '../fixture';

/** Returns the logical IDs of all resources that CloudFormation creates before a resource, and deletes after it. */
export function findDependencies(resources: Resources, logicalId: string): string[] {
  const found = new Set<string>();
  const visit = (id: string) => {
    for (const next of directDependencies(resources, id)) {
      if (!found.has(next)) {
        found.add(next);
        visit(next);
      }
    }
  };
  visit(logicalId);
  return [...found];
}

function directDependencies(resources: Resources, id: string): string[] {
  const { DependsOn = [], Properties } = resources[id];
  const referenced = [...JSON.stringify(Properties ?? {}).matchAll(new RegExp(
    String.raw`"(?:Ref":|Fn::GetAtt":\[)"(\w+)"`,
    'g',
  ))].map(([, name]) => name);
  return [...[DependsOn].flat(), ...referenced].filter((name) => name in resources);
}
