import { CfnResource, Stack, Stage } from 'aws-cdk-lib';
import { deployTenant, lake, locations, STACK_NAME } from './fixture';
import { createRoles, inAccount, prepareAccount, Roles } from './owners';
import { ImmutaS3IntegrationProps, ImmutaTenant } from '../../src';
import { StackResult } from '../sandbox/cloudformation';
import { DEFAULT_API_KEY } from '../sandbox/immuta';
import { Sandbox, SANDBOX_ENV } from '../sandbox/sandbox';

type Props = Partial<ImmutaS3IntegrationProps> | ((stack: Stack) => Partial<ImmutaS3IntegrationProps>);

/** What fails in a deployment, and whether CloudFormation rolls it back. */
export interface DeployOptions {
  /** Another resource fails so many seconds after the operation began, or at a moment. */
  readonly otherFails?: number | Promise<unknown>;
  readonly disableRollback?: boolean;
}

/**
 * A stack with an integration and another resource, and a tenant whose function outlives the stack: an event that
 * CloudFormation no longer waits for may run as long as it likes, also during the next operation.
 */
export class ContestedLake {
  /** @param roles Who defines the integration's roles */
  static async start(sandbox: Sandbox, roles: Roles = 'given'): Promise<ContestedLake> {
    prepareAccount(sandbox);
    createRoles(sandbox, 'other-location', 'other-immuta');
    const tenant = await deployTenant(sandbox, (each) => {
      lake(sandbox, { tenant: each, props: (stack) => inAccount(stack, roles) });
    });
    sandbox.waitsForIdle = false;
    return new ContestedLake(sandbox, tenant, roles);
  }

  private deployments = 0;

  private constructor(
    private readonly sandbox: Sandbox,
    readonly tenant: ImmutaTenant,
    private readonly roles: Roles,
  ) {}

  deploy(props: Props = {}, { otherFails, disableRollback }: DeployOptions = {}): Promise<StackResult> {
    const Version = ++this.deployments;
    const { faults } = this.sandbox.cloudFormation;
    if (otherFails !== undefined) {
      const when = typeof otherFails === 'number' ? { afterSeconds: otherFails } : { when: otherFails };
      faults.push({
        logicalId: /^Other$/,
        action: Version === 1 ? 'create' : 'update',
        reason: 'no',
        once: true,
        ...when,
      });
    }
    this.tenant.node.root.node.tryRemoveChild(STACK_NAME);
    return this.sandbox.deploy(
      lake(this.sandbox, {
        tenant: this.tenant,
        props: (stack) => ({
          ...inAccount(stack, this.roles),
          ...(typeof props === 'function' ? props(stack) : props),
        }),
        and: (stack) =>
          void new CfnResource(stack, 'Other', { type: 'Test::Other::Resource', properties: { Version } }),
      }),
      { disableRollback },
    );
  }

  /** Deploys the stack without the integration. */
  remove(): Promise<StackResult> {
    const stage = Stage.of(this.tenant)!;
    stage.node.tryRemoveChild(STACK_NAME);
    const stack = new Stack(stage, STACK_NAME, { env: SANDBOX_ENV });
    new CfnResource(stack, 'Other', { type: 'Test::Other::Resource', properties: { Version: ++this.deployments } });
    return this.sandbox.deploy(stack);
  }

  destroy(): Promise<StackResult> {
    return this.sandbox.destroy(STACK_NAME);
  }

  /** All that is in Immuta and in S3 Access Grants after everything has ended, as `101 enabled` and `s3://…`. */
  async left(): Promise<string[]> {
    await this.sandbox.scheduler.idle();
    const records = [...this.sandbox.immuta.integrations.values()].filter(({ status }) => status !== 'deleted');
    return [
      ...records.map(({ id, status }) => `${id} ${status}`),
      ...locations(this.sandbox).map(({ scope }) => scope),
    ];
  }
}

/** A moment that a test waits for. */
export function moment(): { readonly promise: Promise<void>; readonly comes: () => void } {
  let comes = () => {};
  const promise = new Promise<void>((resolve) => {
    comes = resolve;
  });
  return { promise, comes };
}

/** Deletes an integration in Immuta, as a person does, and waits until it is gone. */
export async function deleteByHand({ immuta, clock }: Sandbox, id: string): Promise<void> {
  await immuta.answer({
    method: 'DELETE',
    path: `/integrations/${id}`,
    headers: { authorization: DEFAULT_API_KEY },
    body: '',
    time: clock.now(),
  });
  clock.advance(immuta.switches.durations.deleting);
  await clock.settled();
  expect(immuta.integrations.has(id)).toBe(false);
}
