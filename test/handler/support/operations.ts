import { HandlerSandbox, Sent } from './handler-sandbox';
import { HttpFault } from '../../sandbox/immuta';

/** What CloudFormation wants: an integration `sales`, that it is called `marketing`, or that it goes. */
export type Operation = 'Create' | 'Update' | 'Delete';

/** What an operation comes to. */
export interface Outcome {
  /** Immuta's state: integrations as `101 sales enabled`, and the locations in AWS. */
  readonly immuta: string[];
  /**
   * The answers to CloudFormation, as `FAILED none`: of the operation, and of what CloudFormation sends after a
   * failure.
   */
  readonly answers: string[];
  /** Why the operation failed. */
  readonly reason?: string;
}

const ROLLBACK = 'c1b2c3d4-0000-4000-8000-000000000004';
const LOCATION_PATH = 's3://sales/';

/** Sends the event of an operation, and after a failure the one that CloudFormation rolls it back with. */
export async function carryOut(
  sandbox: HandlerSandbox,
  operation: Operation,
  { properties }: Pick<Sent, 'properties'> = {},
): Promise<Outcome> {
  const before = sandbox.answers.length;
  const renamed = { ...properties, IntegrationName: 'marketing' };
  const answer = await {
    Create: () => sandbox.create({ properties }),
    Update: () => sandbox.update({ properties: renamed, oldProperties: properties }),
    Delete: () => sandbox.delete(getId(sandbox), { properties }),
  }[operation]();
  if (answer.Status === 'FAILED' && operation === 'Create') {
    await sandbox.delete(answer.PhysicalResourceId, { properties });
  }
  if (answer.Status === 'FAILED' && operation === 'Update') {
    await sandbox.update({ properties, oldProperties: renamed, event: { RequestId: ROLLBACK } });
  }
  return {
    immuta: immutaState(sandbox),
    answers: sandbox.answers
      .slice(before)
      .map((each) => `${each.Status} ${each.PhysicalResourceId.replace('immuta-s3-integration/', '')}`),
    reason: answer.Reason,
  };
}

function getId({ answers }: HandlerSandbox): string {
  return answers.at(-1)?.PhysicalResourceId ?? 'immuta-s3-integration/101';
}

function immutaState({ integrations, locations }: HandlerSandbox): string[] {
  const records = integrations.map(
    ({ id, status, config }) => `${id} ${config.name.replace(/(-[0-9a-f]{12}){2}$/, '')} ${status}`,
  );
  return [...records, ...locations.map(({ scope }) => scope)];
}

/** Immuta with one integration in order. */
export const inOrder = (id: number, name: string) => [`${id} ${name} enabled`, LOCATION_PATH];

/** What each operation comes to where nothing fails. */
export const GOOD: Record<Operation, Outcome> = {
  Create: { immuta: inOrder(101, 'sales'), answers: ['SUCCESS 101'] },
  Update: { immuta: inOrder(101, 'marketing'), answers: ['SUCCESS 101'] },
  Delete: { immuta: [], answers: ['SUCCESS 101'] },
};

/** An integration in order, as the operation finds it. */
export async function prepare(sandbox: HandlerSandbox, operation: Operation): Promise<void> {
  if (operation !== 'Create') await sandbox.addIntegration();
}

/** Lets something happen to requests of each method. */
export function onEveryMethod({ immuta }: HandlerSandbox, fault: HttpFault): void {
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) immuta.faults.http({ ...fault, method });
}
