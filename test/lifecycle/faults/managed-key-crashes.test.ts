import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { AwsError, LostAnswer } from '../../sandbox/aws';
import { failure, shortAnswers, STACK_NAME, useSandbox } from '../fixture';
import { deployKeys, expectNothingLeft, heldKey, keysIn, keyStates, recordOf, watchKeys } from '../keys';

const sandbox = useSandbox();
let expectKeysWereGood: () => void;

beforeEach(() => {
  sandbox.current.aws.iam.createUser({ userName: 'immuta' });
  expectKeysWereGood = watchKeys(sandbox.current);
});
afterEach(() => expectKeysWereGood());

/** A list of keys without one of them, as IAM gives it while that one is new. */
const withoutKey = (xml: string, id: string) => xml.replace(new RegExp(`<member>((?!</member>).)*${id}.*?</member>`, 's'), '');

type Operation = 'Create' | 'Update' | 'Rotate' | 'Delete';

const CARRY_OUT: Record<Operation, () => Promise<string | void>> = {
  Create: async () => (await deployKeys(sandbox.current, { userName: 'immuta' })).status,
  Update: async () => (await deployKeys(sandbox.current, { userName: 'immuta', props: { credentialsVersion: '2' } })).status,
  Rotate: () => sandbox.current.rotate(),
  Delete: async () => (await sandbox.current.destroy(STACK_NAME)).status,
};

async function prepare(operation: Operation): Promise<void> {
  if (operation !== 'Create') await CARRY_OUT.Create();
}

/** The requests to IAM, from the next one on. */
function onIam(act: (operation: string, index: number) => 'die' | 'die before' | 'lose' | 'fail' | void): void {
  const { aws, lambda, scheduler } = sandbox.current;
  let index = 0;
  aws.route('iam', async (request, next) => {
    const what = act(request.operation, index++);
    if (what === 'fail') throw new AwsError(403, 'AccessDenied', 'not today');
    if (what === 'die before') {
      lambda.kill();
      throw new LostAnswer();
    }
    const end = scheduler.begin(); // or time would go on between the death and the deed
    if (what === 'die') lambda.kill();
    const answer = await next(request).finally(end);
    if (what === 'lose') throw new LostAnswer();
    return answer;
  });
}

/** What IAM is asked for in each operation, in order. A death at any of these is tried. */
const REQUESTS: Record<Operation, string[]> = {
  Create: [
    'ListAccessKeys', 'ListUserTags', 'TagUser', 'CreateAccessKey', 'TagUser', 'UntagUser', 'TagUser', 'TagUser',
    'ListAccessKeys', 'ListUserTags', 'TagUser',
  ],
  Update: [
    'ListAccessKeys', 'ListUserTags', 'ListAccessKeys', 'ListUserTags', 'TagUser', 'CreateAccessKey', 'TagUser', 'UntagUser', 'TagUser', 'TagUser',
    'ListAccessKeys', 'ListUserTags', 'TagUser', 'DeleteAccessKey', 'UntagUser',
  ],
  Rotate: [
    'ListAccessKeys', 'ListUserTags', 'ListAccessKeys', 'ListUserTags', 'TagUser', 'CreateAccessKey', 'TagUser', 'UntagUser', 'TagUser', 'TagUser',
    'ListAccessKeys', 'ListUserTags', 'TagUser', 'DeleteAccessKey', 'UntagUser',
  ],
  Delete: ['ListAccessKeys', 'ListUserTags', 'DeleteAccessKey', 'UntagUser', 'UntagUser'],
};

const OPERATIONS = Object.keys(REQUESTS) as Operation[];

test('docs/internals/handler-lifecycle.md has the requests of an Update in their order', () => {
  const page = readFileSync(path.join(__dirname, '../../../docs/internals/handler-lifecycle.md'), 'utf8');
  const steps = /## The keys of a managed access key\n(.*?)\n## /s.exec(page)![1].match(/^\d+\. .*(\n(?!\d+\. |\n).*)*/gm)!;
  expect(steps.length).toBeGreaterThan(10);
  expect(steps.flatMap((step) => [...step.matchAll(/`((List|Tag|Untag|Create|Delete)[A-Za-z]+)`/g)].map(([, request]) => request))).toEqual(REQUESTS.Update);
});

test.each(OPERATIONS)('%s asks IAM for what the tests below go through', async (operation) => {
  await prepare(operation);
  const { length } = sandbox.current.aws.requests;
  await CARRY_OUT[operation]();
  expect(sandbox.current.aws.requests.slice(length).filter(({ service }) => service === 'iam').map((request) => request.operation))
    .toEqual(REQUESTS[operation]);
});

const DEATHS = OPERATIONS.flatMap((operation) => REQUESTS[operation].flatMap((request, index) => {
  const dies = [{ operation, request, index, how: 'die' as const }];
  // to die before a request is to have died after the one before, save where Immuta has been asked in between
  const isAfterImmuta = (operation === 'Create' && index === 7) || (operation === 'Update' && index === 9);
  return isAfterImmuta ? [{ operation, request, index, how: 'die before' as const }, ...dies] : dies;
}));

test.each(DEATHS)('$operation: a handler that dies at request $index to IAM, $request ($how), is as good as one that does not', async ({ operation, index, how }) => {
  await prepare(operation);
  const before = heldKey(sandbox.current);
  onIam((_, at) => at === index ? how : undefined);

  const status = await CARRY_OUT[operation]();

  expect(sandbox.current.lambda.invocations.filter(({ error }) => error)).toHaveLength(1);
  if (operation === 'Delete') {
    expect(status).toBe('DELETE_COMPLETE');
    expect(keysIn(sandbox.current)).toEqual([]);
    expect([...sandbox.current.aws.iam.userTags('immuta')]).toEqual([]);
    return;
  }
  expect(status).toBe({ Create: 'CREATE_COMPLETE', Update: 'UPDATE_COMPLETE', Rotate: undefined }[operation]);
  expect(recordOf(sandbox.current).status).toBe('enabled');
  expect(heldKey(sandbox.current)).not.toBe(before);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(keyStates(sandbox.current, 'immuta')).toEqual(['held']);
  await expectNothingLeft(sandbox.current);
});

test.each([
  ['Create', 'POST', 'reset'], ['Create', 'POST', 'normal'], ['Update', 'PUT', 'reset'], ['Update', 'PUT', 'normal'],
] as const)('%s: so is one that dies at its %s, which Immuta has lost (reset) or does (normal): %s', async (operation, method, behaviour) => {
  await prepare(operation);
  sandbox.current.immuta.faults.http({ method, behaviour, run: () => sandbox.current.lambda.kill() });

  expect(await CARRY_OUT[operation]()).toMatch(/^(CREATE|UPDATE)_COMPLETE$/);

  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(keyStates(sandbox.current, 'immuta')).toEqual(['held']);
});

test.each(['Create', 'Update'] as const)('%s: a key whose making was not answered is deleted, and another one made', async (operation) => {
  await prepare(operation);
  let lost = 0;
  onIam((request) => request === 'CreateAccessKey' && lost++ === 0 ? 'lose' : undefined);

  expect(await CARRY_OUT[operation]()).toMatch(/COMPLETE$/);

  expect(lost).toBe(2);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  await expectNothingLeft(sandbox.current);
});

test('a key whose making was not answered is known as ours, however long IAM took to note that one was to come', async () => {
  await prepare('Update');
  const { clock } = sandbox.current;
  const start = clock.now();
  let lost = false;
  sandbox.current.aws.route('iam', async (request, next) => {
    if (request.operation === 'TagUser' && clock.now() < start + 90_000) throw new AwsError(503, 'ServiceUnavailable', 'busy');
    const answer = await next(request);
    if (request.operation === 'CreateAccessKey' && !lost) {
      lost = true;
      throw new AwsError(500, 'ServiceFailure', 'broken');
    }
    return answer;
  });

  expect(await CARRY_OUT.Update()).toBe('UPDATE_COMPLETE');

  expect(lost).toBe(true);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  await expectNothingLeft(sandbox.current);
});

test('a key whose making was not answered and which is listed after the next one is made is known as ours', async () => {
  const { aws } = sandbox.current;
  let [lost, hidden]: (string | undefined)[] = [];
  aws.route('iam', async (request, next) => {
    const answer = await next(request);
    if (request.operation === 'CreateAccessKey' && !lost) {
      lost = aws.iam.accessKeyIds.at(-1);
      throw new AwsError(500, 'ServiceFailure', 'broken');
    }
    hidden = aws.iam.accessKeyIds.length < 2 ? lost : undefined;
    return request.operation === 'ListAccessKeys' && hidden ? { ...answer, body: withoutKey(String(answer.body), hidden) } : answer;
  });

  expect(await CARRY_OUT.Create()).toBe('CREATE_COMPLETE');

  expect(lost).toBeDefined();
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  await expectNothingLeft(sandbox.current);
});

test('a key that IAM took too long to note is not sent: another run may have deleted it', async () => {
  await prepare('Update');
  const { clock, aws } = sandbox.current;
  let until = 0;
  aws.route('iam', async (request, next) => {
    if (request.operation === 'CreateAccessKey') until ||= clock.now() + 70_000;
    if (request.operation === 'UntagUser' && clock.now() < until) throw new AwsError(503, 'ServiceUnavailable', 'busy');
    return next(request);
  });

  expect(await CARRY_OUT.Update()).toBe('UPDATE_COMPLETE');

  expect(aws.requests.filter(({ operation }) => operation === 'CreateAccessKey')).toHaveLength(3);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  await expectNothingLeft(sandbox.current);
});

test('a key that was deleted a moment ago and is listed all the same is not somebody else\'s', async () => {
  await prepare('Update');
  const { aws, clock } = sandbox.current;
  onIam((_, at) => at === 6 ? 'die' : undefined); // which leaves a key that was noted, and never sent
  let [deleted, until] = ['', 0];
  aws.route('iam', async (request, next) => {
    const isListed = clock.now() < until;
    if (isListed && request.operation === 'CreateAccessKey') throw new AwsError(409, 'LimitExceeded', 'two are enough');
    const answer = await next(request);
    if (request.operation === 'DeleteAccessKey' && !deleted) [deleted, until] = [request.input.AccessKeyId, clock.now() + 10_000];
    if (!isListed || request.operation !== 'ListAccessKeys') return answer;
    const member = `<member><AccessKeyId>${deleted}</AccessKeyId><CreateDate>2026-11-24T08:00:00Z</CreateDate></member>`;
    return { ...answer, body: String(answer.body).replace('</AccessKeyMetadata>', `${member}</AccessKeyMetadata>`) };
  });

  expect(await CARRY_OUT.Update()).toBe('UPDATE_COMPLETE');

  expect(aws.requests.filter(({ operation, time }) => operation === 'CreateAccessKey' && time < until)).not.toHaveLength(0);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
});

test('a deletion waits for the key that another run is about to make', async () => {
  await prepare('Update');
  const { aws, clock } = sandbox.current;
  const [[, tag]] = aws.iam.userTags('immuta');
  let isMade = false;
  aws.route('iam', async (request, next) => {
    if (isMade || request.operation !== 'ListUserTags') return next(request);
    isMade = true;
    aws.iam.tagUser('immuta', { 'cdk-immuta-s3-integration:minting': `${tag.split(' ')[0]} ${new Date(clock.now()).toISOString()}` });
    return next(request).finally(() => void aws.iam.createAccessKey('immuta'));
  });

  expect(await CARRY_OUT.Delete()).toBe('DELETE_COMPLETE');

  expect(isMade).toBe(true);
  expect(keysIn(sandbox.current)).toEqual([]);
  expect([...aws.iam.userTags('immuta')]).toEqual([]);
});

test.each([false, true])('a request whose answer is lost may have been carried out, whatever its repetition is answered (keys masked: %s)', async (masksKeys) => {
  await prepare('Update');
  const { immuta } = sandbox.current;
  immuta.switches.masksKeys = masksKeys;
  immuta.faults.http({ method: 'PUT', behaviour: 'lose' });
  immuta.faults.http({ method: 'PUT', behaviour: 'answer', answer: { status: 400, body: { message: 'not today' } } });
  const before = heldKey(sandbox.current);

  const result = await deployKeys(sandbox.current, { userName: 'immuta', props: { credentialsVersion: '2' } });

  expect(failure(result)).toContain('not today');
  if (masksKeys) {
    expect(result.status).toBe('UPDATE_ROLLBACK_FAILED');
    expect(keysIn(sandbox.current)).toEqual([before, heldKey(sandbox.current)]);
  } else {
    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  }
});

test.each([false, true])('a request whose answer is lost may be what Immuta goes back to when its repetition fails (keys masked: %s)', async (masksKeys) => {
  await prepare('Update');
  const { immuta } = sandbox.current;
  immuta.switches.masksKeys = masksKeys;
  immuta.faults.http({ method: 'PUT', behaviour: 'lose' });
  immuta.faults.validation({ test: 2, on: 'edit', asynchronously: true, after: 1 });
  const before = heldKey(sandbox.current);

  const result = await deployKeys(sandbox.current, { userName: 'immuta', props: { credentialsVersion: '2' } });

  expect(result.status).toBe('UPDATE_ROLLBACK_FAILED');
  expect(heldKey(sandbox.current)).not.toBe(before);
  expect(keysIn(sandbox.current)).toEqual([before, heldKey(sandbox.current)]);
});

test('a request whose answer is lost, and whose repetition is well, is as good as one', async () => {
  await prepare('Update');
  const { immuta } = sandbox.current;
  immuta.switches.masksKeys = true;
  immuta.faults.http({ method: 'PUT', behaviour: 'lose' });
  const before = heldKey(sandbox.current);

  expect(await CARRY_OUT.Update()).toBe('UPDATE_COMPLETE');

  expect(heldKey(sandbox.current)).not.toBe(before);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(keyStates(sandbox.current, 'immuta')).toEqual(['held']);
});

test('a key that cannot be noted is deleted at once, and the change fails before it is asked for', async () => {
  await prepare('Update');
  const before = heldKey(sandbox.current);
  let minted = false;
  onIam((request) => {
    minted ||= request === 'CreateAccessKey';
    return minted && request === 'TagUser' ? 'fail' : undefined;
  });

  const result = await deployKeys(sandbox.current, { userName: 'immuta', props: { credentialsVersion: '2' } });

  expect(failure(result)).toContain('the access keys of user \'immuta\' cannot be managed: not today; the handler function has a policy that allows this');
  expect(keysIn(sandbox.current)).toEqual([before]);
});

describe('an Immuta that masks keys', () => {
  beforeEach(() => { sandbox.current.immuta.switches.masksKeys = true; });

  test('takes another key with each change', async () => {
    for (const operation of ['Create', 'Update', 'Rotate'] as const) {
      await CARRY_OUT[operation]();
      expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    }
    await expectNothingLeft(sandbox.current);
  });

  test.each(DEATHS.filter(({ operation, index, how }) => operation === 'Update' && how === 'die' && [5, 6, 7, 12, 13].includes(index)))(
    'makes no difference to an update that dies at request $index, $request ($how)', async ({ index, how }) => {
      await prepare('Update');
      onIam((_, at) => at === index ? how : undefined);

      expect(await CARRY_OUT.Update()).toBe('UPDATE_COMPLETE');

      expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
      await expectNothingLeft(sandbox.current);
    });

  test.each([
    ['has not got the request', { behaviour: 'reset' as const }],
    ['has taken the request', {}],
  ])('and %s of a handler that died keeps both keys, and says how to go on', async (_, fault) => {
    await prepare('Update');
    const { immuta, lambda, aws } = sandbox.current;
    immuta.faults.http({ ...fault, method: 'PUT', run: () => lambda.kill() });

    const result = await deployKeys(sandbox.current, { userName: 'immuta', props: { credentialsVersion: '2' } });

    expect(result.status).toBe('UPDATE_ROLLBACK_FAILED');
    const keys = keysIn(sandbox.current);
    expect(keys).toHaveLength(2);
    expect(failure(result)).toMatch(/Immuta may hold either of the access keys AKIA\w+ and AKIA\w+ of user 'immuta'/);
    keys.forEach((id) => expect(failure(result)).toContain(id));
    expect(shortAnswers(sandbox.current).at(-1)).toBe('FAILED immuta-s3-integration/101');

    // as the reason says
    keys.filter((id) => id !== heldKey(sandbox.current)).forEach((id) => aws.iam.deleteAccessKey(id));
    expect((await sandbox.current.continueUpdateRollback(STACK_NAME)).status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    await expectNothingLeft(sandbox.current);
  });

  test('a deletion clears them both', async () => {
    await prepare('Update');
    sandbox.current.immuta.faults.http({ method: 'PUT', run: () => sandbox.current.lambda.kill() });
    await deployKeys(sandbox.current, { userName: 'immuta', props: { credentialsVersion: '2' } });

    await expectNothingLeft(sandbox.current);
  });
});
