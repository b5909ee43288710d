import { canHold, ManagedAccessKey } from '../../../src/handler/access-keys/managed-access-key';
import { IntegrationRecord } from '../../../src/handler/immuta/client';
import { Deadline } from '../../../src/handler/runtime/deadline';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { AwsError } from '../../sandbox/aws';
import { HandlerSandbox, ROLE } from '../support/handler-sandbox';
import { prepareManagedKey, readKeySecret, USER } from '../support/managed-key';

// what runs at the same time do to each other's keys; whole operations: ../integration/managed-access-key*.test.ts

const OTHER_USER = 'other-user';
const TOKEN = 'c1b2c3d4-0000-4000-8000-00000000000a';
const NEXT_TOKEN = 'c1b2c3d4-0000-4000-8000-00000000000b';
/** How long a request to Immuta may be under way. */
const REQUEST_MS = 30_000;
let sandbox: HandlerSandbox;
let secretArn: string;

beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  secretArn = prepareManagedKey(sandbox).AccessKeySecretArn!;
  sandbox.aws.iam.createUser({ userName: OTHER_USER });
});
afterEach(() => sandbox.close());

const TENANT_URL = 'https://acme.immutacloud.com';
const TENANT_DIGEST = '9a2a4f3fba54';

/** The keys as one run sees them. */
function manage(
  requestId = 'first',
  deadline = createDeadline(),
  tenantUrl = TENANT_URL,
  beforeWrite = async () => deadline.check(),
): ManagedAccessKey {
  const { clock, log } = sandbox;
  const redaction = new Redaction();
  return new ManagedAccessKey({
    secretArn,
    requestId,
    deadline,
    tenantUrl,
    redaction,
    log: createLog({ clock, redaction, write: (line) => log.push(line) }, {}),
    beforeWrite,
  });
}

function createDeadline(): Deadline {
  const handOverAt = sandbox.clock.now() + 900_000;
  return new Deadline(sandbox.clock, { handOverAt, giveUpAt: Infinity, iamPropagationEndsAt: 0, creationEndsAt: 0 });
}

/** The first step of a rotation, while Immuta shows the current key. */
const createPending = (token: string) => manage(token).createPending(token, async () => {});
const keys = (user = USER) => sandbox.aws.iam.accessKeys(user).map(({ accessKeyId }) => accessKeyId);
const state = () => readKeySecret(sandbox, secretArn);
const integrationTag = (id = '101') => ({
  'cdk-immuta-s3-integration:integration-id': id,
  'cdk-immuta-s3-integration:tenant': TENANT_DIGEST,
});
const startRotation = (token: string) => sandbox.aws.secrets.startRotation(secretArn, token);
/** Another update gives Immuta other credentials. */
const withholdByHand = () =>
  void sandbox.aws.secrets.putSecretValue(secretArn, '{"withheld":true}', { labels: ['AWSPENDING'] });
const writes = () => sandbox.aws.requests.filter(({ operation }) => /^(Put|Update|Tag|Untag|Delete)/.test(operation));

const record = (accessKeyId?: string, status = 'enabled'): IntegrationRecord => ({
  id: '101',
  status,
  name: 'sales',
  location: { accountId: '111122223333', region: 'us-east-1', path: 's3://sales/' },
  locationRoleArn: ROLE,
  authenticationType: 'accessKey',
  accessKeyId,
  failedTests: [],
});

/** Runs something while the next request of an operation is under way, before or after AWS carries it out. */
function during(operation: string, run: () => unknown, when: 'before' | 'after' = 'before'): void {
  let times = 1;
  for (const service of ['iam', 'secretsmanager']) {
    sandbox.aws.route(service, async (request, next) => {
      if (request.operation !== operation || times-- <= 0) return next(request);
      if (when === 'before') await run();
      const answer = await next(request);
      if (when === 'after') await run();
      return answer;
    });
  }
}

async function measure(run: () => Promise<unknown>): Promise<number> {
  const begin = sandbox.clock.now();
  await run();
  return sandbox.clock.now() - begin;
}

/** Immuta is enabled with a key of ours. */
async function settleFirst(user = USER): Promise<string> {
  const key = manage();
  const { accessKeyId } = await key.provide(user);
  await key.settle(record(accessKeyId), async () => record(accessKeyId));
  expect(state()).toEqual({ current: accessKeyId, named: [accessKeyId], tags: integrationTag() });
  return accessKeyId;
}

/** Immuta is enabled with a key of ours, and is about to be given another one. */
async function startNext(): Promise<{ readonly held: string; readonly next: string }> {
  const held = await settleFirst();
  startRotation(TOKEN);
  await createPending(TOKEN);
  return { held, next: keys().find((id) => id !== held)! };
}

describe('provide', () => {
  test('names a new key as pending, and gives the same one to another run', async () => {
    const { accessKeyId } = await manage('first').provide(USER);

    expect(state()).toEqual({ current: 'no key', pending: accessKeyId, named: [accessKeyId], tags: {} });
    expect(await manage('second').provide(USER)).toMatchObject({ accessKeyId });
    expect(keys()).toEqual([accessKeyId]);
  });

  test('deletes its key and gives that of another run of the same request, which stored one meanwhile', async () => {
    let other = '';
    during('CreateAccessKey', async () => {
      other = (await manage().provide(USER)).accessKeyId;
    });

    expect(await manage().provide(USER)).toMatchObject({ accessKeyId: other });
    expect(keys()).toEqual([other]);
    expect(state()).toEqual({ current: 'no key', pending: other, named: [other], tags: {} });
  });

  test('creates no key when another run stores one before', async () => {
    let other = '';
    during('TagResource', async () => {
      other = (await manage('second').provide(USER)).accessKeyId;
    }, 'after');

    expect(await manage().provide(USER)).toMatchObject({ accessKeyId: other });
    expect(sandbox.countAwsCalls('CreateAccessKey')).toBe(1);
    expect(keys()).toEqual([other]);
    expect(state().tags).toEqual({});
  });

  test('records another intent when the time of the first has passed before its request', async () => {
    during('TagResource', () => sandbox.clock.advance(25_000), 'after');
    await manage().provide(USER);

    expect(sandbox.countAwsCalls('TagResource')).toBe(2);
    expect(sandbox.countAwsCalls('CreateAccessKey')).toBe(1);
    expect(state().tags).toEqual({});
  });

  test.each([['AccessDeniedException'], ['ResourceNotFoundException']])(
    'deletes a key that it cannot store because of %s',
    async (code) => {
      sandbox.aws.route('secretsmanager', async (request, next) => {
        if (request.operation === 'PutSecretValue') throw new AwsError(400, code, 'no');
        return next(request);
      });

      await expect(manage().provide(USER)).rejects.toThrow();
      expect(sandbox.countAwsCalls('CreateAccessKey')).toBe(1);
      expect(keys()).toEqual([]);
      expect(state()).toEqual({ current: 'no key', named: [], tags: {} });
    },
  );

  test('deletes a key that it cannot store, also when its time ends meanwhile', async () => {
    during('PutSecretValue', () => {
      sandbox.clock.advance(900_000);
      throw new AwsError(400, 'AccessDeniedException', 'no');
    });

    await expect(manage().provide(USER)).rejects.toThrow();
    expect(sandbox.countAwsCalls('CreateAccessKey')).toBe(1);
    expect(keys()).toEqual([]);
  });

  test('deletes later a key that it could neither store nor delete', async () => {
    let other = '';
    during('CreateAccessKey', async () => {
      other = (await manage().provide(USER)).accessKeyId;
    });
    during('DeleteAccessKey', () => {
      throw new AwsError(500, 'ServiceFailure', 'Try later.');
    });
    const key = manage();
    expect(await key.provide(USER)).toMatchObject({ accessKeyId: other });
    expect(keys()).toHaveLength(2);

    await key.settle(record(other), async () => record(other));
    expect(keys()).toEqual([other]);
    expect(state().tags).toEqual(integrationTag());
  });

  test('deletes later a key that it could not store, and that IAM did not show yet', async () => {
    for (const [operation, status, code] of [
      ['PutSecretValue', 400, 'AccessDeniedException'], ['DeleteAccessKey', 404, 'NoSuchEntity'],
    ] as const) {
      during(operation, () => {
        throw new AwsError(status, code, 'no');
      });
    }
    await expect(manage().provide(USER)).rejects.toThrow();
    expect(keys()).toHaveLength(1);

    await manage('second').release();
    expect(keys()).toEqual([]);
    expect(state().tags).toEqual({});
  });

  test('sends no request after the time of its intent, which could not claim the key any more', async () => {
    let waits = 1;
    const beforeWrite = async () => {
      if (waits-- > 0) sandbox.clock.advance(60_000);
    };

    await manage('first', createDeadline(), TENANT_URL, beforeWrite).provide(USER);
    expect(sandbox.countAwsCalls('TagResource')).toBe(2);
    expect(sandbox.countAwsCalls('CreateAccessKey')).toBe(1);
    expect(keys()).toHaveLength(1);
    expect(state().tags).toEqual({});
  });

  test('creates the key of a user that IAM shows only later', async () => {
    during('CreateAccessKey', () => {
      throw new AwsError(404, 'NoSuchEntity', 'The user with name immuta cannot be found.');
    });
    const deadline = createDeadline();
    deadline.allowIamPropagation(180_000);

    const { accessKeyId } = await manage('first', deadline).provide(USER);
    expect(keys()).toEqual([accessKeyId]);
    expect(state().tags).toEqual({});
  });

  test('stores its key in another version when an earlier run has forgotten the key of its own', async () => {
    const { secrets, iam } = sandbox.aws;
    const { accessKeyId: gone } = await manage().provide(USER);
    const { id } = secrets.secret(secretArn).find('AWSPENDING')!;
    iam.deleteAccessKey(gone);
    ['AWSPENDING', `access-key-${gone}`].forEach((label) => secrets.moveLabel(secretArn, label, id, undefined));

    const { accessKeyId } = await manage().provide(USER);
    expect(keys()).toEqual([accessKeyId]);
    expect(state()).toEqual({ current: 'no key', pending: accessKeyId, named: [accessKeyId], tags: {} });
  });

  test('creates a key of another user, and deletes that of the first when Immuta has the other', async () => {
    const held = await settleFirst();
    const other = manage('second');
    const { accessKeyId } = await other.provide(OTHER_USER);

    expect(keys(OTHER_USER)).toEqual([accessKeyId]);
    expect(keys()).toEqual([held]);
    await other.settle(record(accessKeyId), async () => record(accessKeyId));
    expect(keys(OTHER_USER)).toEqual([accessKeyId]);
    expect(keys()).toEqual([]);
  });

  test('deletes the key before of a user that was renamed meanwhile', async () => {
    await settleFirst();
    sandbox.aws.iam.renameUser(USER, 'renamed');
    const key = manage('second');
    const { accessKeyId } = await key.provide('renamed');
    await key.settle(record(accessKeyId), async () => record(accessKeyId));

    expect(keys('renamed')).toEqual([accessKeyId]);
    expect(state()).toEqual({ current: accessKeyId, named: [accessKeyId], tags: integrationTag() });
  });

  test('deletes every key of a user that was renamed, under each name that it had', async () => {
    await settleFirst();
    sandbox.aws.iam.renameUser(USER, 'renamed');
    await manage('second').provide('renamed');
    await manage('third').release();

    expect(keys('renamed')).toEqual([]);
  });

  test.each(['{"secretAccessKey":9182736455}', '{"secretAccessKey":null}', '[]', 'null', 'no JSON'])(
    'gives the key that Immuta has when someone has stored %j',
    async (value) => {
      const held = await settleFirst();
      sandbox.aws.secrets.putSecretValue(secretArn, value);

      expect(await manage('second').provide(USER)).toMatchObject({ accessKeyId: held });
    },
  );

  test('gives the key that Immuta has when its user is missing, because it may have been renamed', async () => {
    const held = await settleFirst();
    sandbox.aws.iam.renameUser(USER, 'renamed');

    expect(await manage('second').provide(USER)).toMatchObject({ accessKeyId: held });
    expect(state()).toEqual({ current: held, named: [held], tags: integrationTag() });
  });

  test('gives the key again that was withheld before', async () => {
    const held = await settleFirst();
    await manage('second').withhold();
    expect(state()).toMatchObject({ current: held, pending: 'no key' });

    expect(await manage('third').provide(USER)).toMatchObject({ accessKeyId: held });
    expect(state()).toMatchObject({ current: held, pending: held, named: [held] });
  });

  test('fails when the key that it has given is withheld meanwhile', async () => {
    const key = manage();
    await key.provide(USER);
    withholdByHand();

    await expect(key.provide(USER)).rejects.toThrow(/\[ACCESS_KEY_SUPERSEDED\]$/);
  });

  test('gives no other key than that of a rotation', async () => {
    await startNext();

    await expect(manage(NEXT_TOKEN).provide(USER, NEXT_TOKEN))
      .rejects.toThrow(new RegExp(`^version ${NEXT_TOKEN} .*\\[ROTATION_ABANDONED\\]$`));
    expect(keys()).toHaveLength(2);
  });

  test('gives no key for a rotation when the user has none', async () => {
    await expect(manage(TOKEN).provide(USER, TOKEN)).rejects.toThrow(/\[ROTATION_ABANDONED\]$/);
    expect(keys()).toEqual([]);
  });

  test('waits once until no request with the key before can be under way', async () => {
    const { next } = await startNext();
    const key = manage('second');

    expect(await measure(() => key.provide(USER))).toBe(REQUEST_MS);
    expect(await measure(() => key.provide(USER))).toBe(0);
    expect(await key.provide(USER)).toMatchObject({ accessKeyId: next });
  });

  test('does not wait with the key that Immuta has', async () => {
    await settleFirst();

    expect(await measure(() => manage('second').provide(USER))).toBe(0);
  });

  test('lets IAM propagate a new key for 90 seconds, and only once', async () => {
    const deadline = createDeadline();
    const key = manage('first', deadline);
    await key.provide(USER);
    const end = sandbox.clock.now() + 90_000;

    expect(deadline.iamPropagationEndsAt).toBe(end);
    sandbox.clock.advance(10_000);
    await key.provide(USER);
    expect(deadline.iamPropagationEndsAt).toBe(end);
  });

  test('grants the key that Immuta has no time to propagate', async () => {
    await settleFirst();
    const deadline = createDeadline();
    await manage('second', deadline).provide(USER);

    expect(deadline.iamPropagationEndsAt).toBe(0);
  });
});

describe('settle', () => {
  test('records the key as current and deletes the one before', async () => {
    const { next } = await startNext();
    const key = manage('second');
    await key.provide(USER);

    expect(await measure(() => key.settle(record(next), async () => record(next)))).toBe(REQUEST_MS);
    expect(state()).toEqual({ current: next, named: [next], tags: integrationTag() });
    expect(keys()).toEqual([next]);
  });

  test.each<[string, (next: string, held: string) => IntegrationRecord | undefined]>([
    ['is gone', () => undefined],
    ['is not enabled', (next) => record(next, 'editError')],
    ['holds the key before', (_, held) => record(held)],
  ])('keeps both keys when the integration %s after the wait', async (_, read) => {
    const { held, next } = await startNext();
    const key = manage('second');
    await key.provide(USER);
    await key.settle(record(next), async () => read(next, held));

    expect(keys()).toEqual([held, next]);
    expect(state()).toMatchObject({ current: next, named: [held, next].sort() });
  });

  test('keeps both keys when another run gives Immuta something else during the wait', async () => {
    const { held, next } = await startNext();
    const key = manage('second');
    await key.provide(USER);
    await key.settle(record(next), async () => {
      withholdByHand();
      return record(next);
    });

    expect(keys()).toEqual([held, next]);
  });

  test('keeps both keys when another run makes the key before current during the wait', async () => {
    const { held, next } = await startNext();
    const { secrets } = sandbox.aws;
    const key = manage('second');
    await key.provide(USER);
    await key.settle(record(next), async () => {
      const { versions } = secrets.secret(secretArn);
      const versionOf = (id: string) => [...versions.values()].find(({ labels }) => labels.has(`access-key-${id}`))!;
      secrets.moveLabel(secretArn, 'AWSCURRENT', versionOf(next).id, versionOf(held).id);
      return record(next);
    });

    expect(keys()).toEqual([held, next]);
  });

  test('changes nothing before a key was sent', async () => {
    const { held, next } = await startNext();
    const before = state();
    await manage('second').settle(record(next), async () => record(next));

    expect(state()).toEqual(before);
    expect(keys()).toEqual([held, next]);
  });

  test('changes nothing when another run gives Immuta something else', async () => {
    const { held, next } = await startNext();
    const key = manage('second');
    await key.provide(USER);
    withholdByHand();
    await key.settle(record(next), async () => record(next));

    expect(state()).toEqual({
      current: held, pending: 'no key', named: [held, next].sort(), tags: integrationTag(),
    });
    expect(keys()).toEqual([held, next]);
  });

  test('changes nothing else when another run has made another version current meanwhile', async () => {
    const { held, next } = await startNext();
    const key = manage('second');
    await key.provide(USER);
    during('UpdateSecretVersionStage', () => void sandbox.aws.secrets.putSecretValue(secretArn, '{"other":true}'));
    await key.settle({ ...record(next), id: '102' }, async () => record(next));

    expect(state()).toEqual({
      current: 'no key', pending: next, named: [held, next].sort(), tags: integrationTag(),
    });
    expect(keys()).toEqual([held, next]);
  });

  test('fails and keeps both keys when Immuta shows the key before', async () => {
    const { held, next } = await startNext();
    const key = manage('second');
    await key.provide(USER);

    await expect(key.settle(record(held), async () => record(held))).rejects.toThrow(/\[ACCESS_KEY_IGNORED\]$/);
    expect(state()).toMatchObject({ current: held, pending: next });
    expect(keys()).toEqual([held, next]);
  });
});

describe('withhold', () => {
  test('lets no other run give Immuta a key of ours', async () => {
    const { held, next } = await startNext();

    expect(await measure(() => manage('second').withhold())).toBe(REQUEST_MS);
    expect(state()).toEqual({
      current: held, pending: 'no key', named: [held, next].sort(), tags: integrationTag(),
    });
  });

  test('withholds the only key, and a second time only if it is given again', async () => {
    await settleFirst();

    expect(await measure(() => manage('second').withhold())).toBe(REQUEST_MS);
    expect(await measure(() => manage('third').withhold())).toBe(0);
    await manage('fourth').provide(USER);
    expect(await measure(() => manage('fifth').withhold())).toBe(REQUEST_MS);
    expect(state().pending).toBe('no key');
  });

  test('withholds a key that another run is about to store', async () => {
    let waited = 0;
    during('TagResource', async () => {
      waited = await measure(() => manage('second').withhold());
    }, 'after');
    await manage().provide(USER);

    expect(waited).toBe(REQUEST_MS);
    expect(sandbox.countAwsCalls('CreateAccessKey')).toBe(1);
  });

  test('changes nothing and does not wait when there is no key', async () => {
    expect(await measure(() => manage().withhold())).toBe(0);
    expect(writes()).toEqual([]);
  });
});

describe('release', () => {
  test('deletes all keys, and leaves no label and no tag that names one', async () => {
    await startNext();

    expect(await measure(() => manage('second').release())).toBe(REQUEST_MS);
    expect(keys()).toEqual([]);
    expect(state()).toEqual({ current: 'no key', named: [], tags: {} });
  });

  test('deletes the only key without a wait', async () => {
    await settleFirst();

    expect(await measure(() => manage('second').release())).toBe(0);
    expect(keys()).toEqual([]);
    expect(state()).toEqual({ current: 'no key', named: [], tags: {} });
  });

  test('keeps all keys when Immuta may hold one after the wait', async () => {
    const { held, next } = await startNext();
    await manage('second').release(async () => true);

    expect(keys()).toEqual([held, next]);
    expect(state()).toEqual({ current: 'no key', named: [held, next].sort(), tags: integrationTag() });
  });

  test('deletes a key that a run could not store, when that run has ended', async () => {
    sandbox.aws.route('iam', async (request, next) => {
      if (request.operation !== 'CreateAccessKey') return next(request);
      await next(request);
      throw new AwsError(500, 'ServiceFailure', 'Try later.');
    });
    const handOverAt = sandbox.clock.now() + 15_000;
    const options = { handOverAt, giveUpAt: Infinity, iamPropagationEndsAt: 0, creationEndsAt: 0 };
    await expect(manage('first', new Deadline(sandbox.clock, options)).provide(USER)).rejects.toThrow('out of time');
    expect(keys()).toHaveLength(1);
    expect(await manage('second').hasKeys()).toBe(true);

    await manage('second').release();
    expect(keys()).toEqual([]);
    expect(state()).toEqual({ current: 'no key', named: [], tags: {} });
  });

  test('deletes the key of a run that ended before it removed its intent', async () => {
    await manage().provide(USER);
    const tag = `cdk-immuta-s3-integration:creating-${sandbox.clock.now()}-01234567`;
    sandbox.aws.secrets.tag(secretArn, { [tag]: USER });
    expect(await manage('second').hasKeys()).toBe(true);
    await manage('second').withhold();
    expect(state().pending).toBe('no key');

    await manage('third').release();
    expect(keys()).toEqual([]);
    expect(state()).toEqual({ current: 'no key', named: [], tags: {} });
  });

  test('ends the intent of a run whose user is missing', async () => {
    const tag = `cdk-immuta-s3-integration:creating-${sandbox.clock.now()}-01234567`;
    sandbox.aws.secrets.tag(secretArn, { [tag]: 'missing-user' });

    await manage().release();
    expect(state()).toEqual({ current: 'no key', named: [], tags: {} });
  });

  test('removes the tag of an integration whose keys are gone', async () => {
    sandbox.aws.secrets.tag(secretArn, integrationTag());
    await manage().release();

    expect(state()).toEqual({ current: 'no key', named: [], tags: {} });
  });

  test('changes nothing when there is no key', async () => {
    await manage().release();

    expect(writes()).toEqual([]);
  });
});

describe('createPending', () => {
  test('creates one key, however often the step is repeated', async () => {
    const { held, next } = await startNext();
    await createPending(TOKEN);

    expect(keys()).toEqual([held, next]);
    expect(state()).toEqual({ current: held, pending: next, named: [held, next].sort(), tags: integrationTag() });
  });

  test('deletes the key of a rotation before when Immuta has the current one', async () => {
    const { held, next } = await startNext();
    startRotation(NEXT_TOKEN);
    await createPending(NEXT_TOKEN);

    const [, created] = keys();
    expect(created).not.toBe(next);
    expect(keys()).toEqual([held, created]);
    expect(state()).toMatchObject({ current: held, pending: created, named: [held, created].sort() });
  });

  test('keeps the key of a rotation before when Immuta may have it', async () => {
    const { held, next } = await startNext();
    startRotation(NEXT_TOKEN);
    const shown: string[] = [];
    const assertHeld = async ({ accessKeyId, integrationId }: { accessKeyId: string; integrationId: string }) => {
      shown.push(accessKeyId, integrationId);
      throw new Error('Immuta has another one');
    };

    await expect(manage(NEXT_TOKEN).createPending(NEXT_TOKEN, assertHeld)).rejects.toThrow('another one');
    expect(shown).toEqual([held, '101']);
    expect(keys()).toEqual([held, next]);
  });

  test('does not take the place of credentials that another run gives Immuta meanwhile', async () => {
    const held = await settleFirst();
    startRotation(TOKEN);
    during('CreateAccessKey', withholdByHand);

    await expect(createPending(TOKEN)).rejects.toThrow(/\[ROTATION_ABANDONED\]$/);
    expect(state()).toMatchObject({ current: held, pending: 'no key' });
    expect(state().named).toEqual([...keys()].sort()); // the next run that gives a key knows the new one
  });

  test('fails when Immuta is not enabled with the current key yet', async () => {
    await manage().provide(USER);
    startRotation(TOKEN);

    await expect(createPending(TOKEN)).rejects.toThrow(/\[ROTATION_NOT_POSSIBLE\]$/);
    expect(keys()).toHaveLength(1);
  });

  test('creates no key when a key is current, but no integration was enabled with it', async () => {
    await settleFirst();
    sandbox.aws.secrets.untag(secretArn, Object.keys(integrationTag()));
    startRotation(TOKEN);

    await expect(createPending(TOKEN)).rejects.toThrow(/\[ROTATION_NOT_POSSIBLE\]$/);
    expect(keys()).toHaveLength(1);
  });
});

describe('findRotated', () => {
  test('finds the pending key, and nothing in a version without a value', async () => {
    const { next } = await startNext();
    expect(await manage(TOKEN).findRotated(TOKEN)).toMatchObject({ accessKeyId: next, integrationId: '101' });

    startRotation(NEXT_TOKEN);
    expect(await manage(NEXT_TOKEN).findRotated(NEXT_TOKEN)).toBeUndefined();
    await expect(manage(TOKEN).findRotated(TOKEN)).rejects.toThrow(/\[ROTATION_ABANDONED\]$/);
  });
});

test('rotates the key of an integration that was recreated with another ID', async () => {
  const held = await settleFirst();
  const key = manage('second');
  await key.provide(USER);
  await key.settle({ ...record(held), id: '102' }, async () => ({ ...record(held), id: '102' }));

  expect(state().tags).toEqual(integrationTag('102'));
});

test('says that the user does not exist when there is no time for IAM to show it', async () => {
  await expect(manage().provide('nobody')).rejects.toThrow(/^cannot .* user 'nobody': .*\[ACCESS_KEY_USER_MISSING\]$/);
  expect(state().tags).toEqual({});
});

describe('a tenant that the function did not call before', () => {
  const OTHER_URL = 'https://other.immutacloud.com';
  const manageOther = (requestId: string) => manage(requestId, createDeadline(), OTHER_URL);

  test('has no rotation: the ID may be that of another integration there', async () => {
    const held = await settleFirst();
    startRotation(TOKEN);

    await expect(manageOther(TOKEN).createPending(TOKEN, async () => {})).rejects.toThrow(
      /^cannot rotate .* integration 101: .*, https:\/\/other\.immutacloud\.com\. .*\[ROTATION_IN_OTHER_TENANT\]$/,
    );
    expect(keys()).toEqual([held]);
    await createPending(TOKEN);
    await expect(manageOther(TOKEN).findRotated(TOKEN)).rejects.toThrow(/\[ROTATION_IN_OTHER_TENANT\]$/);
  });

  test('has a rotation after a deployment', async () => {
    const held = await settleFirst();
    const key = manageOther('second');
    await key.provide(USER);
    await key.settle(record(held), async () => record(held));

    expect(state().tags).toMatchObject({ 'cdk-immuta-s3-integration:integration-id': '101' });
    startRotation(TOKEN);
    await manageOther(TOKEN).createPending(TOKEN, async () => {});
    expect(await manageOther(TOKEN).findRotated(TOKEN)).toMatchObject({ integrationId: '101' });
    await expect(manage(TOKEN).findRotated(TOKEN)).rejects.toThrow(/\[ROTATION_IN_OTHER_TENANT\]$/);
  });
});

test('says whether the secret names a key, and whether an integration was enabled with one', async () => {
  expect(await manage().hasKeys()).toBe(false);
  expect(await manage().isSettled()).toBe(false);
  await manage().provide(USER);
  expect(await manage().hasKeys()).toBe(true);
  expect(await manage().isSettled()).toBe(false);
  await settleFirst();
  expect(await manage().isSettled()).toBe(true);
});

test.each([
  ['AKIAOTHER00000000001', false],
  ['********', true],
  [undefined, true],
])('an integration that shows %p may hold a key of ours: %p', async (shown, expected) => {
  await settleFirst();
  const key = manage('second');
  const given = await key.provide(USER);

  expect(key.isHeldBy(record(shown))).toBe(expected);
  expect(canHold(record(shown), given)).toBe(expected);
  expect(key.isHeldBy(record(given.accessKeyId))).toBe(true);
  expect(canHold(record(given.accessKeyId), given)).toBe(true);
  expect(canHold(record(shown), undefined)).toBe(true);
});
