import { randomUUID } from 'node:crypto';
import { Dependencies } from './dependencies';
import { ResourceDefinition, RetentionPolicy, Template } from './template';

/** A resource that a stack has, or had and still has to remove. */
export interface ResourceRecord {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly properties: Record<string, any>;
  readonly attributes: Record<string, unknown>;
  readonly deletionPolicy: RetentionPolicy;
  readonly updateReplacePolicy: RetentionPolicy;
  /** Logical ids of what it needs, in the template that made it. */
  readonly dependsOn: string[];
  /** What is left of a creation that failed and was not rolled back. */
  readonly failed?: boolean;
}

export interface StackEvent {
  readonly eventId: string;
  readonly timestamp: number;
  /** By the machine's clock, which is the one that the `cdk` CLI compares events with. */
  readonly recordedAt: number;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
}

/** The state of a resource, as `DescribeStackResource` shows it. */
export interface ResourceState {
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  /** Moves with each change of the status. */
  readonly updatedAt: number;
  /** The state before, which a read that lags shows. */
  readonly previous?: ResourceState;
}

export interface Output {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
  readonly exportName?: string;
}

/** One stack, as CloudFormation remembers it. */
export interface Stack {
  readonly name: string;
  readonly id: string;
  readonly accountId: string;
  readonly region: string;
  readonly createdAt: number;
  updatedAt?: number;
  status: string;
  statusReason?: string;
  template: Template;
  /** As given, and the defaults of the others. */
  parameters: Record<string, string>;
  /** What `Ref` finds: lists are lists, and SSM parameters are looked up. */
  parameterValues: Record<string, unknown>;
  tags: Record<string, string>;
  readonly resources: Map<string, ResourceRecord>;
  /** What failed in the place of another resource, or before another one in its place, and was not rolled back. */
  readonly superseded: Set<ResourceRecord>;
  /** By logical id, deleted resources included. */
  readonly resourceStates: Map<string, ResourceState>;
  outputs: Output[];
  readonly events: StackEvent[];
}

/** Adds an event, later than the one before it: their order is all that a reader of events goes by. */
export function addEvent(
  stack: Stack,
  now: number,
  event: Omit<StackEvent, 'eventId' | 'timestamp' | 'recordedAt'>,
): StackEvent {
  const last = stack.events.at(-1);
  const added = {
    ...event,
    eventId: randomUUID(),
    timestamp: Math.max(now, (last?.timestamp ?? 0) + 1),
    recordedAt: Math.max(Date.now(), (last?.recordedAt ?? 0) + 1),
  };
  stack.events.push(added);
  return added;
}

/** The status of a stack as of a moment: its own events say it. */
export function statusAt({ name, status, events }: Stack, moment: number): string {
  const own = events.filter((event) => event.logicalId === name);
  return (own.filter(({ timestamp }) => timestamp <= moment).at(-1) ?? own[0])?.status ?? status;
}

/** The state of a resource as of a moment. */
export function stateAt({ resourceStates }: Stack, logicalId: string, moment: number): ResourceState | undefined {
  let state = resourceStates.get(logicalId);
  while (state && state.updatedAt > moment) state = state.previous;
  return state;
}

export function readRetention(
  definition: ResourceDefinition,
): Pick<ResourceRecord, 'deletionPolicy' | 'updateReplacePolicy'> {
  return {
    deletionPolicy: definition.DeletionPolicy ?? 'Delete',
    updateReplacePolicy: definition.UpdateReplacePolicy ?? 'Delete',
  };
}

/** The order among records: each names what it needs. A logical id may stand for two. */
export function dependenciesAmong(records: Iterable<ResourceRecord>): Dependencies {
  const dependencies = new Map<string, string[]>();
  for (const { logicalId, dependsOn } of records) {
    dependencies.set(logicalId, [...(dependencies.get(logicalId) ?? []), ...dependsOn]);
  }
  return dependencies;
}
