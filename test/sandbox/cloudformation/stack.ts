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
}

export interface StackEvent {
  readonly eventId: string;
  readonly timestamp: number;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
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
  parameters: Record<string, unknown>;
  tags: Record<string, string>;
  readonly resources: Map<string, ResourceRecord>;
  outputs: Output[];
  readonly events: StackEvent[];
}

export function retentionOf(definition: ResourceDefinition): Pick<ResourceRecord, 'deletionPolicy' | 'updateReplacePolicy'> {
  return { deletionPolicy: definition.DeletionPolicy ?? 'Delete', updateReplacePolicy: definition.UpdateReplacePolicy ?? 'Delete' };
}

/** The order among records: each names what it needs. */
export function dependenciesAmong(records: Iterable<ResourceRecord>): Dependencies {
  return new Map([...records].map((record) => [record.logicalId, record.dependsOn]));
}
