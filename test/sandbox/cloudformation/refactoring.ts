import { isDeepStrictEqual } from 'node:util';
import { findDependencies } from './dependencies';
import type { ResourceAddress, ResourceMapping } from './index';
import { evaluate, Scope } from './intrinsics';
import { ResourceRecord, ResourceState, Stack } from './stack';
import { Template } from './template';
import { AwsError } from '../aws';

/** The resources of a stack after a refactoring. */
export interface RefactoredStack {
  readonly stack: Stack;
  readonly resources: Map<string, ResourceRecord>;
  readonly resourceStates: Map<string, ResourceState>;
}

/** Moves resources among copies of the stacks' resources. */
export function refactorStacks(
  stacks: readonly Stack[], mappings: readonly ResourceMapping[], templates: Readonly<Record<string, Template>>,
): RefactoredStack[] {
  const copies = new Map(stacks.map((stack) => [stack.name, {
    stack, resources: new Map(stack.resources), resourceStates: new Map(stack.resourceStates),
  }]));
  const moved = mappings.map(({ source, destination }) => {
    const { resources, resourceStates } = getCopy(copies, source);
    const [record, state] = [resources.get(source.logicalId), resourceStates.get(source.logicalId)];
    if (!record || !state) throw refusal(`Resource ${source.logicalId} does not exist in stack ${source.stackName}`);
    resources.delete(source.logicalId);
    resourceStates.delete(source.logicalId);
    return { destination, record, state };
  });
  for (const { destination, record, state } of moved) {
    const { resources, resourceStates } = getCopy(copies, destination);
    if (resources.has(destination.logicalId)) {
      throw refusal(`Resource ${destination.logicalId} exists in stack ${destination.stackName}`);
    }
    resources.set(destination.logicalId, { ...record, logicalId: destination.logicalId });
    resourceStates.set(destination.logicalId, state);
  }
  for (const { stack, resources } of copies.values()) requireSameResources(templates[stack.name], resources);
  return [...copies.values()];
}

/** @throws if a refactoring would also change a resource. */
export function requireUnchangedProperties(
  template: Template,
  resources: ReadonlyMap<string, ResourceRecord>,
  scope: Scope,
): void {
  for (const [logicalId, { Properties }] of Object.entries(template.Resources)) {
    if (isDeepStrictEqual(evaluate(Properties ?? {}, scope), resources.get(logicalId)!.properties)) continue;
    throw refusal(`Stack Refactor does not support modifying the properties of ${logicalId}`);
  }
}

export function replaceAll<K, V>(map: Map<K, V>, entries: ReadonlyMap<K, V>): void {
  map.clear();
  entries.forEach((value, key) => map.set(key, value));
}

function requireSameResources(template: Template, resources: Map<string, ResourceRecord>): void {
  const dependencies = findDependencies(template.Resources);
  const [wanted, existing] = [Object.keys(template.Resources).sort(), [...resources.keys()].sort()];
  if (!isDeepStrictEqual(wanted, existing)) {
    throw refusal(`Stack Refactor does not support adding or removing resources: ${wanted} / ${existing}`);
  }
  for (const [logicalId, record] of resources) {
    resources.set(logicalId, { ...record, dependsOn: dependencies.get(logicalId)! });
  }
}

function getCopy(copies: ReadonlyMap<string, RefactoredStack>, { stackName }: ResourceAddress): RefactoredStack {
  const copy = copies.get(stackName);
  if (!copy) throw refusal(`Stack ${stackName} is not part of the refactor`);
  return copy;
}

function refusal(message: string): AwsError {
  return new AwsError(400, 'ValidationError', message);
}
