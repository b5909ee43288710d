import { randomBytes } from 'node:crypto';
import { AwsServices } from '../../aws';
import { CloudWatch } from '../../cloud-watch';
import { EventSchedules } from '../../event-schedules';
import { LambdaStandIn } from '../../lambda';
import { Scheduler } from '../../scheduler';
import { SecretRotation } from '../../secret-rotation';
import { Responses } from '../response-endpoint';
import { ResourceRecord, Stack } from '../stack';

/** What resources are made in. */
export interface World {
  readonly scheduler: Scheduler;
  readonly aws: AwsServices;
  readonly lambda: LambdaStandIn;
  readonly secretRotation: SecretRotation;
  readonly eventSchedules: EventSchedules;
  readonly cloudWatch: CloudWatch;
  readonly responses: Responses;
  /** The unpacked folder of an uploaded asset. */
  codeFolder(bucket: string, key: string): string;
}

export interface ResourceRequest {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Record<string, any>;
  /** Aborted when the operation is cancelled because another resource failed. */
  readonly signal: AbortSignal;
}

/** What `Ref` and `Fn::GetAtt` find. */
export interface Made {
  readonly physicalId: string;
  readonly attributes: Record<string, unknown>;
}

/** How CloudFormation handles resources of a type. */
export interface ResourceType {
  /** Properties whose change makes a new resource. */
  readonly createOnly?: string[];
  /** Properties whose change is refused. */
  readonly fixed?: string[];
  create(request: ResourceRequest): Made | Promise<Made>;
  /** Another physical id than the old one means that the resource was replaced. */
  update(request: ResourceRequest, old: ResourceRecord): Made | Promise<Made>;
  delete(request: ResourceRequest, record: ResourceRecord): void | Promise<void>;
}

export type ResourceTypes = Record<string, ResourceType>;

/** A failure after which something may exist under a physical id. */
export class ResourceFailure extends Error {
  constructor(message: string, readonly physicalId: string) {
    super(message);
  }
}

export class Cancelled extends ResourceFailure {}

/** A name as CloudFormation makes one up: unique, and cut from the front parts if it would be too long. */
export function generatedName({ stack, logicalId }: ResourceRequest, maximum = 64): string {
  const random = randomBytes(9).toString('base64').replace(/[^A-Za-z0-9]/g, 'x').slice(0, 12);
  const half = Math.floor((maximum - random.length - 2) / 2);
  return `${stack.name.slice(0, half)}-${logicalId.slice(0, half)}-${random}`;
}
