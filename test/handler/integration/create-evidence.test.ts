import { VALIDATION_TESTS } from '../../sandbox/immuta';
import { CONFIG, HandlerSandbox, ID, MADE_BY_CREATE, OWNER } from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

// what a Create concludes from what Immuta, S3 Access Grants and CloudFormation show

const INVENTED = 'Lake-SalesLake-1F2E3D4C5B6A';
/** By its number: as a fault of Immuta's is given. */
const EXISTING_TEST = 1;
const STS_TEST = 4;
const OTHER_ID = 'immuta-s3-integration/2002';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const posts = () => sandbox.countImmutaCalls('POST');
const deletions = () => sandbox.countImmutaCalls('DELETE');
const ids = () => sandbox.integrations.map(({ id }) => id);
const after = (ms: number, run: () => unknown) => sandbox.clock.at(sandbox.clock.now() + ms, run as () => void);

/** CloudFormation shows that it waits for the Create. After the first answer, it denies some. */
const describeCreate = (physicalId = '', denials = 0) =>
  describeStack(sandbox, 'UPDATE_IN_PROGRESS', physicalId, {
    resourceStatus: 'CREATE_IN_PROGRESS', answers: 1, denials,
  });

/** A POST is accepted, and a validation test fails later. */
const failLater = (test: number, times = 1) =>
  sandbox.immuta.faults.validation({ test, on: 'create', asynchronously: true, message: 'denied', times });

async function measure(run: () => Promise<unknown>): Promise<number> {
  const begin = sandbox.clock.now();
  await run();
  return sandbox.clock.now() - begin;
}

describe('what a Create reads of its record', () => {
  test('takes the first steady status for that of its own request', async () => {
    sandbox.immuta.switches.durations.creating = 0;

    expect(await measure(() => sandbox.create())).toBeLessThan(20_000);
    expect(sandbox.answers).toMatchObject([{ Status: 'SUCCESS' }]);
  });

  test('waits for its record when reads do not show it for most of a minute', async () => {
    sandbox.immuta.switches.readLag.get.create = 50_000;

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
  });

  test('fails soon when the record of an earlier run is deleted', async () => {
    sandbox.addRecord({ status: 'creating' });
    after(10_000, () => sandbox.immuta.integrations.clear());
    const ms = await measure(async () => {
      expect((await sandbox.create()).Reason).toMatch(/\[INTEGRATION_DELETED_DURING_CREATE\]$/);
    });

    expect(ms).toBeLessThan(80_000);
  });

  test('continues with the record by which another run of it replaced its own', async () => {
    after(10_000, () => {
      sandbox.removeIntegration('101');
      sandbox.addRecord({ id: '2002' });
    });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: OTHER_ID });
    expect(posts()).toBe(1);
  });
});

describe('a creation that fails because of an existing integration', () => {
  test('gives way to the record of another run of the Create, which a list shows later', async () => {
    failLater(EXISTING_TEST);
    after(60_000, () => sandbox.addRecord({ id: '2002' }));

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: OTHER_ID });
    expect(ids()).toEqual(['2002']);
    expect(posts()).toBe(1);
  });

  test('fails the Create when a list shows no other record of it for a minute', async () => {
    failLater(EXISTING_TEST);
    const ms = await measure(async () => {
      expect(await sandbox.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    });

    expect(sandbox.answers[0].Reason).toMatch(/\[CREATE_FAILED\]$/);
    expect(ms).toBeGreaterThanOrEqual(70_000);
    expect(ms).toBeLessThan(100_000);
  });
});

test('keeps its failed integration for the Delete when no time is left to create another one', async () => {
  Object.assign(sandbox.immuta.switches.durations, { creating: 147_000, deleting: 30_000 });
  failLater(STS_TEST, Infinity);

  expect(await sandbox.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
  expect(sandbox.integrations).toMatchObject([{ status: 'createError' }]);
});

describe('a Create that finds its record only after a refusal', () => {
  test('continues when Immuta refuses the request that it carries out', async () => {
    sandbox.immuta.faults.http({
      method: 'POST',
      behaviour: 'replace',
      answer: { status: 400, body: { message: 'No.' } },
    });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(posts()).toBe(1);
  });

  test('continues when another run of it registers the location after the first list', async () => {
    let isFirst = true;
    sandbox.aws.route('s3-control', async (request, next) => {
      if (isFirst) {
        isFirst = false;
        await sandbox.addIntegration();
      }
      return next(request);
    });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(posts()).toBe(0);
  });

  test('continues when the response is lost and lists show the record later than its location', async () => {
    Object.assign(sandbox.immuta.switches.durations, { creating: 0 });
    sandbox.immuta.switches.readLag.list.create = 45_000;
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'lose' });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(posts()).toBe(1);
  });

  test('answers `unknown` after a minute when a location with its own role is registered', async () => {
    await sandbox.addLocation();
    const ms = await measure(async () => {
      expect(await sandbox.create()).toMatchObject({
        Status: 'FAILED',
        PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}`,
      });
    });

    expect(ms).toBeGreaterThan(55_000);
    expect(ms).toBeLessThan(70_000);
  });

  test('creates the integration when a location with its own role is removed meanwhile', async () => {
    const { id } = await sandbox.addLocation();
    sandbox.clock.at(sandbox.clock.now() + 40_000, () =>
      sandbox.aws.accessGrants.deleteLocation('111122223333', 'us-east-1', id));

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(posts()).toBe(1);
  });
});

describe.each<[string, number, object]>([
  ['409', 409, { message: 'Native S3 integration already exists.' }],
  ['422 and the test for an existing integration', 422, {
    message: 'Validation failed.',
    validationResults: { status: 'failed', validationTests: [{ name: VALIDATION_TESTS[0], status: 'failed' }] },
  }],
  ['400 and a failed creation', 400, { message: 'Use PUT for Native S3 (id = 7) that previously failed to create.' }],
])('a Create whose request conflicts with a record that no list shows: %s', (_, status, body) => {
  test('continues with the record of another run, which a list shows within a minute', async () => {
    sandbox.refuse('POST', status, body, { times: Infinity });
    after(45_000, () => sandbox.addRecord({ id: '2002' }));

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: OTHER_ID });
  });

  test.each([['a minute', 60_000, []], ['the time of IAM when a response was lost', 178_000, ['reset' as const]]])(
    'answers `unknown` after %s',
    async (__, ms, lost) => {
      lost.forEach((behaviour) => sandbox.immuta.faults.http({ method: 'POST', behaviour }));
      sandbox.refuse('POST', status, body, { times: Infinity });

      expect(await sandbox.create()).toMatchObject({
        Status: 'FAILED',
        PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}`,
      });
      const times = sandbox.immuta.requests.filter(({ method }) => method === 'POST').map(({ time }) => time);
      expect(times.at(-1)! - times[0]).toBeGreaterThan(ms - 10_000);
      expect(times.at(-1)! - times[0]).toBeLessThanOrEqual(ms);
    },
  );
});

describe('a Create whose list fails after its request', () => {
  beforeEach(() => sandbox.refuse('GET', 403, 'Insufficient scope', { after: 1, times: Infinity }));

  test('answers `unknown` when the response to the request is lost', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'lose' });

    expect(await sandbox.create()).toMatchObject({
      Status: 'FAILED',
      PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}`,
    });
  });

  test('reports why the request failed', async () => {
    sandbox.refuse('POST', 503, 'Down for maintenance.');

    expect((await sandbox.create()).Reason).toMatch(/^Immuta answered 503 to POST .*Down for maintenance/);
  });
});

test('creates another integration when lists still show the failed one that it deleted', async () => {
  failLater(STS_TEST);
  sandbox.immuta.switches.readLag.list.delete = 20_000;

  expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'immuta-s3-integration/102' });
  expect(posts()).toBe(2);
});

test('names no integration of another account when Immuta refuses the request for another reason', async () => {
  sandbox.addRecord({ id: '9', config: { ...CONFIG, name: 'theirs', awsAccountId: '444455556666' } });
  sandbox.refuse('POST', 400, 'No.');

  expect((await sandbox.create()).Reason).toMatch(/^Immuta answered 400 to POST \/integrations: No\. [A-Z]/);
});

test('advises a new construct ID when an Update finds another integration in the place of its own', async () => {
  sandbox.addRecord({ id: '7', config: { ...CONFIG, name: 'theirs' } });

  expect((await sandbox.update({ properties: { Revision: '2' } })).Reason).toMatch(
    /set 'adopt' to '7' on a new ImmutaS3Integration with another construct ID, or refer to it .*OTHER_INTEGRATION\]$/,
  );
});

test('retries a late Create for a minute when CloudFormation still waits for it', async () => {
  describeCreate();
  sandbox.refuse('POST', 503, 'Down for maintenance.');

  expect(await sandbox.create({ ageMs: 200_000 })).toMatchObject({ Status: 'SUCCESS' });
});

describe('what a Create with the same generation left, which CloudFormation cancelled', () => {
  /** The first half is that of GENERATION, the second one that of another request. */
  const LEFT = `${MADE_BY_CREATE.slice(0, 6)}ffffff`;
  const addLeft = (owner = OWNER) =>
    sandbox.addIntegration({ id: '2002', config: { ...CONFIG, name: `sales-${owner}-${LEFT}` } });

  test.each([['no physical ID', ''], ['an ID that it chose', INVENTED], ['another integration', ID]])(
    'deletes it when the stack has %s',
    async (_, physicalId) => {
      await addLeft();
      describeCreate(physicalId);

      expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
      expect(ids()).toEqual(['101']);
    },
  );

  const OTHER_OWNER = '0123456789ab';
  test.each<[string, string, string, () => void]>([
    ['the stack has it', OWNER, 'RETAINED_INTEGRATION', () => describeCreate(OTHER_ID)],
    ['the stack has it, and one answer is lost', OWNER, 'RETAINED_INTEGRATION', () => describeCreate(OTHER_ID, 1)],
    ['CloudFormation no longer answers', OWNER, 'RETAINED_INTEGRATION', () => describeCreate(OTHER_ID, Infinity)],
    ['CloudFormation cannot be asked', OWNER, 'RETAINED_INTEGRATION', () => {}],
    ['another resource created it', OTHER_OWNER, 'INTEGRATION_OF_OTHER_OWNER', () => describeCreate()],
  ])('keeps it when %s', async (_, owner, code, describeNow) => {
    await addLeft(owner);
    describeNow();

    const answer = await sandbox.create();
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain(`[LOCATION_HAS_${code}]`);
    expect(ids()).toEqual(['2002']);
    expect(deletions()).toBe(0);
  });
});

