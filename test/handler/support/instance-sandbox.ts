import { CloudFormationAnswer, FunctionSandbox, STACK, startServers } from './function-sandbox';
import { handleInstanceEvent } from '../../../src/handler/instance/handle-event';
import { HandleEvent } from '../../../src/handler/protocol/run';
import { instanceState } from '../../support/access-grants-instance';

/** What the event of a deployment or a deletion comes to. */
export interface InstanceOutcome {
  /** Status of the response. */
  readonly status: string;
  readonly reason?: string;
  readonly attributes?: Record<string, string>;
  /** Status of the response to the event that rolls a failure back. @default - nothing failed */
  readonly rollback?: string;
}

/**
 * The handler of an instance in this process, and the stack that has the instance as its only resource: events follow
 * one another as CloudFormation sends them.
 */
export class InstanceSandbox extends FunctionSandbox {
  public static async start(): Promise<InstanceSandbox> {
    return new InstanceSandbox(await startServers());
  }

  public readonly environment: Record<string, string> = {};
  /** Tags of the user, from the next deployment on. */
  public tags: Record<string, unknown> = {};
  private physicalId?: string;
  private deployedTags: Record<string, unknown> = {};
  private identityCenter?: string;
  private requestCount = 0;

  protected get handleEvent(): HandleEvent {
    return handleInstanceEvent({ environment: this.environment, s3Control: this.s3Control });
  }

  /** Creates or updates the resource. After a failure, sends the event that rolls it back. */
  public async deploy(identityCenter?: string): Promise<InstanceOutcome> {
    return this.physicalId === undefined ? this.create(identityCenter) : this.update(this.physicalId, identityCenter);
  }

  /**
   * Deletes the resource. If that fails, it can be deleted again.
   *
   * @param physicalId that CloudFormation invents if it cancelled the Create
   * @param ageMs how long ago CloudFormation sent the event
   */
  public async destroy(physicalId = this.physicalId!, ageMs = 0): Promise<InstanceOutcome> {
    const answer = await this.send('Delete', { PhysicalResourceId: physicalId, ageMs });
    if (answer.Status === 'SUCCESS') this.physicalId = undefined;
    return toOutcome(answer);
  }

  private async create(identityCenter?: string): Promise<InstanceOutcome> {
    this.identityCenter = identityCenter;
    const answer = await this.send('Create');
    this.physicalId = answer.PhysicalResourceId;
    return answer.Status === 'SUCCESS'
      ? toOutcome(answer)
      : { ...toOutcome(answer), rollback: (await this.destroy()).status };
  }

  private async update(physicalId: string, identityCenter?: string): Promise<InstanceOutcome> {
    const before = this.identityCenter;
    const change = (from?: string, to?: string) => {
      this.identityCenter = to;
      const old = propertiesWith(this.deployedTags, from);
      return this.send('Update', { PhysicalResourceId: physicalId, OldResourceProperties: old });
    };
    const answer = await change(before, identityCenter);
    return answer.Status === 'SUCCESS'
      ? toOutcome(answer)
      : { ...toOutcome(answer), rollback: (await change(identityCenter, before)).Status };
  }

  /** Sends an event, `ageMs` after CloudFormation sent it. */
  public send(
    type: string,
    { ageMs, ...more }: { readonly ageMs?: number; readonly [field: string]: unknown } = {},
  ): Promise<CloudFormationAnswer> {
    const event = {
      RequestType: type,
      ResponseURL: this.signResponseUrl(),
      StackId: STACK,
      RequestId: `c1b2c3d4-0000-4000-8000-${String(++this.requestCount).padStart(12, '0')}`,
      LogicalResourceId: 'Instance',
      ResourceType: 'Custom::S3AccessGrantsInstance',
      ResourceProperties: propertiesWith(this.tags, this.identityCenter),
      ...more,
    };
    this.deployedTags = this.tags;
    return this.deliver(event, ageMs);
  }
}

/** Deletes the resource, and expects that the account has no instance afterwards. */
export async function expectNothingLeft(sandbox: InstanceSandbox): Promise<void> {
  expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });
  expect(instanceState(sandbox)).toBeUndefined();
}

function propertiesWith(
  tags: Record<string, unknown>,
  identityCenterInstanceArn?: string,
): Record<string, string> {
  return {
    ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:instance',
    AccountId: '111122223333',
    Region: 'us-east-1',
    TimeoutSeconds: '1800',
    RemovalPolicy: 'destroy',
    Generation: 'AROA1F2E3D4C5B6A7F8E9',
    ...(Object.keys(tags).length > 0 && { Tags: JSON.stringify(tags) }),
    ...(identityCenterInstanceArn && { IdentityCenterInstanceArn: identityCenterInstanceArn }),
  };
}

function toOutcome({ Status, Reason, Data }: CloudFormationAnswer): InstanceOutcome {
  return { status: Status, reason: Reason, attributes: Data };
}
