import { HttpFault } from '../../sandbox/immuta';
import { Sandbox } from '../../sandbox/sandbox';
import { failure, lake, LakeOptions, LOCATION_PATH, locations, shortAnswers, STACK_NAME } from '../fixture';

export * from '../fixture';

/** What CloudFormation wants: an integration `sales`, that it is called `marketing`, or that it goes. */
export type Operation = 'Create' | 'Update' | 'Delete';

/** What a fault comes to. */
export interface Outcome {
  /** Immuta's state: integrations as `101 sales enabled`, and the locations in AWS. */
  readonly immuta: string[];
  /** The answers to CloudFormation, as `FAILED none`. */
  readonly answers: string[];
  /** The stack's end. */
  readonly stack: string;
  /** Why the integration failed first. */
  readonly reason?: string;
}

const NAMES = { Create: 'sales', Update: 'marketing' };

/** Carries an operation out on the stack that the one before has left, and says what it came to. */
export async function carryOut(sandbox: Sandbox, operation: Operation, options: LakeOptions = {}): Promise<Outcome> {
  const before = sandbox.responses.answers.length;
  const result = operation === 'Delete' ? await sandbox.destroy(STACK_NAME) : await sandbox.deploy(lake(sandbox, {
    ...options,
    props: (stack) => ({ integrationName: NAMES[operation], ...options.props?.(stack) }),
  }));
  return {
    immuta: immutaState(sandbox),
    answers: shortAnswers(sandbox).slice(before).map((answer) => answer.replace('immuta-s3-integration/', '')),
    stack: result.status,
    reason: failure(result),
  };
}

function immutaState({ immuta, ...sandbox }: Sandbox): string[] {
  const integrations = [...immuta.integrations.values()].filter(({ status }) => status !== 'deleted')
    .map(({ id, status, config }) => `${id} ${config.name.replace(/(-[0-9a-f]{12}){2}$/, '')} ${status}`);
  return [...integrations, ...locations(sandbox as Sandbox).map(({ scope }) => scope)];
}

/** Immuta with one integration in order. */
export const inOrder = (id: number, name: string) => [`${id} ${name} enabled`, LOCATION_PATH];

/** What each operation comes to where nothing fails. */
export const GOOD: Record<Operation, Outcome> = {
  Create: { immuta: inOrder(101, 'sales'), answers: ['SUCCESS 101'], stack: 'CREATE_COMPLETE' },
  Update: { immuta: inOrder(101, 'marketing'), answers: ['SUCCESS 101'], stack: 'UPDATE_COMPLETE' },
  Delete: { immuta: [], answers: ['SUCCESS 101'], stack: 'DELETE_COMPLETE' },
};

/** An integration in order, as the operation finds it. */
export async function prepare(sandbox: Sandbox, operation: Operation, options?: LakeOptions): Promise<void> {
  if (operation !== 'Create') expect(await carryOut(sandbox, 'Create', options)).toEqual(GOOD.Create);
}

/** Lets something happen to requests of each method. */
export function onEveryMethod({ immuta }: Sandbox, fault: HttpFault): void {
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) immuta.faults.http({ ...fault, method });
}
