import * as fc from 'fast-check';
import { changes, failure, lake, leftovers, NOTHING, STACK_NAME } from './fixture';
import { keyLake, keysIn, watchKeys } from './keys';
import { LostAnswer } from '../sandbox/aws';
import { StackResult } from '../sandbox/cloudformation';
import { Sandbox } from '../sandbox/sandbox';

/** Both can be given from outside, to repeat a failure or to look longer. */
const SEED = Number(process.env.KEYS_SEED ?? 20261124);
const RUNS = Number(process.env.KEYS_RUNS ?? 12);

jest.setTimeout(RUNS * 60_000);

/** What may happen to a command. */
type Mishap =
  | { readonly kind: 'none' }
  /** Immuta refuses the change, at once or in its end. */
  | { readonly kind: 'refused'; readonly asynchronously: boolean; readonly times: number }
  /** The handler dies when a request of it has come to Immuta, which does it or not. */
  | { readonly kind: 'dies at Immuta'; readonly method: 'POST' | 'PUT' | 'DELETE' | 'GET'; readonly done: boolean; readonly after: number }
  /** The handler dies at a request to IAM, before or after it is done. */
  | { readonly kind: 'dies at IAM'; readonly index: number; readonly done: boolean }
  /** The answer is lost, and what was asked for is done or not. */
  | { readonly kind: 'unanswered'; readonly method: 'POST' | 'PUT' | 'DELETE'; readonly done: boolean; readonly times: number }
  | { readonly kind: 'unanswered by IAM'; readonly index: number }
  | { readonly kind: 'comes twice'; readonly afterMs: number }
  | { readonly kind: 'slow'; readonly ms: number };

type Command =
  | { readonly kind: 'deploy'; readonly user: 'immuta' | 'other' | 'own' | 'role'; readonly version: number; readonly name: 'sales' | 'marketing'; readonly mishap: Mishap }
  | { readonly kind: 'rotate'; readonly event: number; readonly mishap: Mishap }
  | { readonly kind: 'destroy'; readonly mishap: Mishap };

const method = fc.constantFrom('POST' as const, 'PUT' as const, 'DELETE' as const);
const mishap: fc.Arbitrary<Mishap> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Mishap>({ kind: 'none' }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('refused' as const), asynchronously: fc.boolean(), times: fc.integer({ min: 1, max: 2 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('dies at Immuta' as const), method: fc.oneof(method, fc.constant('GET' as const)), done: fc.boolean(), after: fc.integer({ min: 0, max: 2 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('dies at IAM' as const), index: fc.integer({ min: 0, max: 16 }), done: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unanswered' as const), method, done: fc.boolean(), times: fc.constantFrom(1, 3, 60) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unanswered by IAM' as const), index: fc.integer({ min: 0, max: 16 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('comes twice' as const), afterMs: fc.constantFrom(0, 7_000, 60_000, 240_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('slow' as const), ms: fc.constantFrom(300_000, 1_200_000) }) },
);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('deploy' as const),
      user: fc.constantFrom('immuta' as const, 'immuta' as const, 'immuta' as const, 'other' as const, 'own' as const, 'role' as const),
      version: fc.integer({ min: 1, max: 3 }),
      name: fc.constantFrom('sales' as const, 'marketing' as const),
      mishap,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rotate' as const), event: fc.integer({ min: 1, max: 3 }), mishap }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('destroy' as const), mishap }) },
);

/** Lets the mishap happen; what is returned lets all be well again. */
function arm({ aws, immuta, lambda, scheduler }: Sandbox, what: Mishap): () => void {
  let over = false;
  let index = 0;
  const onIam = (act: (at: number) => 'before' | 'after' | 'lose' | undefined) => aws.route('iam', async (request, next) => {
    const when = over ? undefined : act(index++);
    if (when === 'before') {
      lambda.kill();
      throw new LostAnswer();
    }
    const end = scheduler.begin(); // or time would go on between the death and the deed
    if (when === 'after') lambda.kill();
    const answer = await next(request).finally(end);
    if (when === 'lose') throw new LostAnswer();
    return answer;
  });
  switch (what.kind) {
    case 'refused':
      immuta.faults.validation({ test: 2, asynchronously: what.asynchronously, times: what.times });
      break;
    case 'dies at Immuta':
      immuta.faults.http({ method: what.method, after: what.after, behaviour: what.done ? 'normal' : 'reset', run: () => lambda.kill() });
      break;
    case 'dies at IAM':
      onIam((at) => at === what.index ? (what.done ? 'after' : 'before') : undefined);
      break;
    case 'unanswered':
      immuta.faults.http({ method: what.method, behaviour: what.done ? 'lose' : 'reset', times: what.times });
      break;
    case 'unanswered by IAM':
      onIam((at) => at === what.index ? 'lose' : undefined);
      break;
    case 'comes twice':
      lambda.deliveries = [0, what.afterMs];
      break;
    case 'slow':
      Object.assign(immuta.switches.durations, { creating: what.ms, editing: what.ms, deleting: what.ms });
      break;
  }
  return () => {
    over = true;
    immuta.faults.clear();
    lambda.deliveries = [0];
    Object.assign(immuta.switches.durations, { creating: 20_000, editing: 10_000, deleting: 15_000 });
  };
}

/** Somebody who operates the stack. */
class Operator {
  constructor(private readonly sandbox: Sandbox) {}

  async carryOut(step: Command): Promise<void> {
    const isThere = this.sandbox.cloudFormation.stacks.has(STACK_NAME);
    if (step.kind !== 'deploy' && !isThere) return;
    const allIsWell = arm(this.sandbox, step.mishap);
    const result = await this.perform(step);
    allIsWell();
    if (result) await this.mend(result);
  }

  async end(): Promise<void> {
    if (this.sandbox.cloudFormation.stacks.has(STACK_NAME)) {
      expect(await this.sandbox.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    }
  }

  private async perform(step: Command): Promise<StackResult | void> {
    switch (step.kind) {
      case 'deploy': {
        const props = { integrationName: step.name, credentialsVersion: String(step.version) };
        if (step.user === 'role') return this.sandbox.deploy(lake(this.sandbox, { props: () => props }));
        return this.sandbox.deploy(keyLake(this.sandbox, { userName: step.user === 'own' ? undefined : step.user, props }));
      }
      case 'rotate': return this.sandbox.rotate(`rotation-${step.event}-${this.sandbox.clock.now()}`);
      case 'destroy': return this.sandbox.destroy(STACK_NAME);
    }
  }

  /** As the reasons and docs/runbook.md say. */
  private async mend(result: StackResult): Promise<void> {
    if (/may hold either of the access keys/.test(failure(result) ?? '')) this.deleteUnused();
    switch (result.status) {
      case 'ROLLBACK_COMPLETE':
      case 'ROLLBACK_FAILED':
      case 'DELETE_FAILED':
        return this.end();
      case 'UPDATE_ROLLBACK_FAILED': {
        this.deleteUnused();
        expect(await this.sandbox.continueUpdateRollback(STACK_NAME)).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });
        return;
      }
      default:
        expect(result.status).toMatch(/^(CREATE|UPDATE|UPDATE_ROLLBACK|DELETE)_COMPLETE$/);
    }
  }

  /** Somebody who knows which key Immuta uses deletes the other one, as far as the two are of one user. */
  private deleteUnused(): void {
    const { iam } = this.sandbox.aws;
    const held = [...this.sandbox.immuta.integrations.values()].map(({ config }) => config.awsAccessKeyId);
    for (const userName of ['immuta', 'other']) {
      const keys = iam.accessKeys(userName).map(({ accessKeyId }) => accessKeyId);
      if (keys.length === 2) keys.filter((id) => !held.includes(id)).forEach((id) => iam.deleteAccessKey(id));
    }
  }
}

test(`whatever happens, Immuta's key is active, no user has more than two, and none is left in the end (seed ${SEED}, ${RUNS} runs)`, async () => {
  let written = 0;
  const story = [fc.boolean(), fc.constantFrom(0, 20_000), fc.array(command, { minLength: 2, maxLength: 6 })] as const;
  await fc.assert(fc.asyncProperty(...story, async (masksKeys, keyPropagationMs, commands) => {
    const sandbox = await Sandbox.start();
    sandbox.immuta.switches.masksKeys = masksKeys;
    sandbox.aws.iam.keyPropagationMs = keyPropagationMs;
    for (const userName of ['immuta', 'other']) sandbox.aws.iam.createUser({ userName });
    const expectKeysWereGood = watchKeys(sandbox);
    const operator = new Operator(sandbox);
    try {
      for (const step of commands) {
        await operator.carryOut(step);
        expectKeysWereGood();
        for (const userName of ['immuta', 'other']) expect(sandbox.aws.iam.accessKeys(userName).length).toBeLessThanOrEqual(2);
      }
      written += changes(sandbox).filter((request) => !request.startsWith('DELETE')).length;
      await operator.end();
      expectKeysWereGood();
      expect({ ...leftovers(sandbox), keys: keysIn(sandbox) }).toEqual({ ...NOTHING, keys: [] });
      for (const userName of ['immuta', 'other']) expect([...sandbox.aws.iam.userTags(userName)]).toEqual([]);
    } finally {
      await sandbox.close();
    }
  }), { seed: SEED, numRuns: RUNS, endOnFailure: true });
  expect(written).toBeGreaterThan(RUNS); // or the stories are about nothing
});
