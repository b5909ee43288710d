import { readFileSync } from 'fs';
import { request } from 'https';
import { AwsStandIn, startAws } from './aws';
import { SandboxClock } from './clock';
import { DEFAULT_API_KEY, ImmutaStandIn, S3Config, startImmuta, VALIDATION_TESTS } from './immuta';

const INSTANCE = 'arn:aws:s3:us-east-1:111122223333:access-grants/default';
const CONFIG: S3Config = {
  name: 'lake',
  awsAccountId: '111122223333',
  awsRegion: 'us-east-1',
  awsLocationRole: findRoleArn('location'),
  awsLocationPath: 's3://lake/',
  authenticationType: 'auto',
  awsRoleToAssume: findRoleArn('immuta'),
};

let clock: SandboxClock;
let aws: AwsStandIn;
let immuta: ImmutaStandIn;

beforeEach(async () => {
  clock = new SandboxClock();
  aws = await startAws({ clock });
  immuta = await startImmuta({ clock, aws });
  aws.buckets.createBucket('lake');
  aws.accessGrants.createInstance('111122223333', 'us-east-1');
  aws.iam.createRole({
    roleName: 'location',
    assumeRolePolicyDocument: policy({
      Principal: { Service: 'access-grants.s3.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
    }),
  });
  aws.iam.createRole({
    roleName: 'immuta',
    assumeRolePolicyDocument: policy({ Principal: { AWS: immuta.identity.principal }, Action: 'sts:AssumeRole' }),
  });
  aws.iam.putRolePolicy('immuta', 'management', managementPolicy());
});

afterEach(async () => {
  await immuta.close();
  await aws.close();
});

test('creates, edits and deletes asynchronously with effects in AWS', async () => {
  const created = await post(CONFIG);
  expect(created).toMatchObject({
    status: 200,
    body: { id: '101', status: 'creating', validationResults: { status: 'passed' } },
  });
  expect(created.body.validationResults.validationTests.map(({ name }: any) => name)).toEqual(VALIDATION_TESTS);
  clock.advance(19_999);
  expect((await call('GET', '/integrations/101')).body.status).toBe('creating');
  expect(locations()).toEqual([]);
  clock.advance(1);
  expect((await call('GET', '/integrations/101')).body).toMatchObject({
    status: 'enabled',
    config: { ...CONFIG, port: 443 },
  });
  expect(locations()).toEqual(['s3://lake/']);

  expect(await put({ ...CONFIG, name: 'renamed' })).toMatchObject({ status: 200, body: { status: 'editing' } });
  expect(await put(CONFIG)).toMatchObject({
    status: 409,
    body: {
      statusCode: 409,
      error: 'Conflict',
      message: 'Unable to edit integration with ID 101 in current state editing.',
    },
  });
  clock.advance(10_000);
  expect((await call('GET', '/integrations')).body).toMatchObject([
    { type: 'Snowflake' },
    { status: 'enabled', config: { name: 'renamed' } },
  ]);

  const [location] = aws.accessGrants.locations('111122223333', 'us-east-1');
  aws.accessGrants.createGrant('111122223333', 'us-east-1', location.id, 'stranger');
  const deleted = await call('DELETE', '/integrations/101');
  expect(deleted.body.validationResults.validationTests.map(({ name }: any) => name)).toEqual(
    VALIDATION_TESTS.slice(2, 6),
  );
  clock.advance(15_000);
  expect(await call('GET', '/integrations/101')).toMatchObject({
    status: 404,
    body: { message: 'No Integration found with ID 101.' },
  });
  expect(locations()).toEqual([]);
});

// what of the set-up is taken away, and which test must then be the first to fail
test.each<[number, () => unknown]>([
  [
    2,
    async () => aws.buckets.createBucket('other') && immuta.createByHand({ ...CONFIG, awsLocationPath: 's3://other/' }),
  ],
  [
    4,
    () =>
      aws.iam.updateAssumeRolePolicy(
        'immuta',
        policy({ Principal: { AWS: findRoleArn('stranger') }, Action: 'sts:AssumeRole' }),
      ),
  ],
  [
    4,
    () => {
      immuta.identity.principal = 'arn:aws:iam::999988887777:role/another';
    },
  ],
  [5, () => aws.accessGrants.deleteInstance('111122223333', 'us-east-1')],
  [5, () => aws.iam.putRolePolicy('immuta', 'management', managementPolicy({ listInstances: INSTANCE }))],
  [6, () => aws.buckets.deleteBucket('lake')],
  [6, () => aws.iam.putRolePolicy('immuta', 'management', managementPolicy({ listBucket: 'arn:aws:s3:::another' }))],
])('fails test %i for a cause in AWS', async (number, breakIt) => {
  await breakIt();
  const { status, body } = await post(CONFIG);
  expect([status, body.message]).toEqual([
    422,
    'Validation of prerequisite setup failed. Unable to create integration.',
  ]);
  const failed = body.validationResults.validationTests.filter((result: any) => result.status === 'failed');
  expect(failed[0]).toEqual({ name: VALIDATION_TESTS[number - 1], status: 'failed', message: expect.any(String) });
  expect([...immuta.integrations.values()].filter((integration) => integration.status !== 'enabled')).toEqual([]);
});

test('answers with a conflict when the path has a location of any owner', async () => {
  await aws.accessGrants.createLocation('111122223333', 'us-east-1', 's3://lake/', findRoleArn('location'));
  expect(await post(CONFIG)).toMatchObject({
    status: 409,
    body: { message: 'Access Grants location already exists on provided path.' },
  });
});

test('passes validation but cannot register a location with the policy for the bare instance', async () => {
  aws.iam.putRolePolicy('immuta', 'management', managementPolicy({ accessGrants: INSTANCE }));
  await post(CONFIG);
  clock.advance(20_000);
  const { body } = await call('GET', '/integrations/101');
  expect(body.status).toBe('createError');
  expect(body.validationResults.validationTests[7].message).toMatch(/AccessDenied.*s3:CreateAccessGrantsLocation/);
});

test('rolls back an edit that AWS rejects', async () => {
  await immuta.createByHand(CONFIG);
  await put({ ...CONFIG, awsLocationRole: findRoleArn('missing') });
  clock.advance(10_000);
  expect((await call('GET', '/integrations/101')).body).toMatchObject({
    status: 'editError',
    config: { awsLocationRole: findRoleArn('location') },
  });
});

test('rejects a delete without credentials and keeps everything', async () => {
  await immuta.createByHand(CONFIG);
  aws.iam.deleteRolePolicy('immuta', 'management');
  expect((await call('DELETE', '/integrations/101')).status).toBe(422);
  expect(locations()).toEqual(['s3://lake/']);
});

test.each([
  [401, { authorization: 'wrong' }],
  [401, { authorization: `Bearer ${DEFAULT_API_KEY}` }],
  [403, { authorization: 'reader' }],
])('answers %i to the request %j', async (status, headers) => {
  immuta.apiKeys.set('reader', ['GOVERNANCE']);
  expect(await call('GET', '/integrations', undefined, headers)).toMatchObject({
    status,
    body: { statusCode: status },
  });
});

test('applies faults in order, after the given requests and as often as given', async () => {
  immuta.faults.http({
    method: 'GET',
    after: 1,
    times: 2,
    behaviour: 'answer',
    answer: { status: 503, body: '<html></html>' },
  });
  immuta.faults.http({ method: 'GET', path: /101$/, behaviour: 'rewrite', set: { status: 'pausing' } });
  await immuta.createByHand(CONFIG);
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await call('GET', '/integrations')).status);
  expect(statuses).toEqual([200, 503, 503, 200]);
  expect((await call('GET', '/integrations/101')).body.status).toBe('pausing');
  expect((await call('GET', '/integrations/101')).body.status).toBe('enabled');
});

test.each(['lose', 'half', 'reset'] as const)(
  'breaks the connection with %s, and only reset has no effect',
  async (behaviour) => {
    immuta.faults.http({ method: 'POST', behaviour });
    await expect(post(CONFIG)).rejects.toThrow(/socket hang up|aborted/);
    expect(immuta.integrations.size).toBe(behaviour === 'reset' ? 0 : 1);
  },
);

test('fails a scripted test at once or later and passes all others', async () => {
  immuta.faults.validation({ test: 6 });
  immuta.faults.validation({ test: 4, asynchronously: true });
  expect((await post(CONFIG)).body.validationResults.validationTests).toMatchObject(statusesBut(6));
  expect((await post(CONFIG)).body.status).toBe('creating');
  clock.advance(20_000);
  const { body } = await call('GET', '/integrations/101');
  expect(body).toMatchObject({ status: 'createError', validationResults: { validationTests: statusesBut(4) } });
});

test('handles concurrent requests one after another', async () => {
  const answers = await Promise.all([post(CONFIG), post(CONFIG)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
});

test('runs a callback at the moment of a request', async () => {
  await immuta.createByHand(CONFIG);
  immuta.faults.http({ method: 'GET', after: 1, run: () => immuta.integrations.delete('101') });
  expect((await call('GET', '/integrations/101')).status).toBe(200);
  expect((await call('GET', '/integrations/101')).status).toBe(404);
});

describe('reads that lag', () => {
  const status = async () => (await call('GET', '/integrations/101')).body.status ?? 'gone';
  const listed = async () => (await call('GET', '/integrations')).body.slice(1).map((record: any) => record.status);

  test('shows a new record late when reads lag, each by itself', async () => {
    immuta.switches.readLag.get.create = 4_000;
    immuta.switches.readLag.list.create = 9_000;
    await post(CONFIG);

    expect([await status(), await listed()]).toEqual(['gone', []]);
    clock.advance(4_000);
    expect([await status(), await listed()]).toEqual(['creating', []]);
    clock.advance(5_000);
    expect([await status(), await listed()]).toEqual(['creating', ['creating']]);
  });

  test('shows the state before an edit when reads lag, but its conflicts at once', async () => {
    await immuta.createByHand(CONFIG);
    immuta.switches.readLag.get.edit = 5_000;
    await put({ ...CONFIG, name: 'renamed' });

    expect(await status()).toBe('enabled');
    expect((await put(CONFIG)).status).toBe(409);
    clock.advance(5_000);
    expect(await call('GET', '/integrations/101')).toMatchObject({
      body: { status: 'editing', config: { name: 'renamed' } },
    });
    clock.advance(5_000);
    expect(await status()).toBe('editing');
    clock.advance(5_000);
    expect(await status()).toBe('enabled');
  });

  test('shows a deleted record for a while when reads lag', async () => {
    await immuta.createByHand(CONFIG);
    immuta.switches.readLag.get.delete = 5_000;
    await call('DELETE', '/integrations/101');
    clock.advance(15_000);
    await clock.settled();

    expect(immuta.integrations.size).toBe(0);
    expect(await status()).toBe('deleting');
    clock.advance(5_000);
    expect(await status()).toBe('gone');
  });
});

test('repairs a createError by a PUT when it is switched on, and refuses a second POST', async () => {
  immuta.switches.createErrorRepair = 'put';
  immuta.faults.transition({ from: 'creating', to: 'createError' });
  await post(CONFIG);
  clock.advance(20_000);

  expect(await post(CONFIG)).toMatchObject({
    status: 400,
    body: {
      message: expect.stringMatching(
        /^Use PUT \/integrations\/101 endpoint .* \(id = 101\) that previously failed to create\.$/,
      ),
    },
  });
  expect((await put(CONFIG)).status).toBe(200);
  clock.advance(10_000);

  expect((await call('GET', '/integrations/101')).body.status).toBe('enabled');
  expect(locations()).toEqual(['s3://lake/']);
});

test('names the attributes that an edit cannot change', async () => {
  await immuta.createByHand(CONFIG);
  immuta.switches.nonEditable = ['name', 'awsLocationRole'];

  expect(await put({ ...CONFIG, name: 'renamed', awsLocationRole: findRoleArn('other') })).toMatchObject({
    status: 400,
    body: { message: 'Unable to edit integration due to changes of non-editable attribute(s): name, awsLocationRole.' },
  });
});

test('refuses connections when stopped and restarts on the same port', async () => {
  await immuta.stop();
  await expect(call('GET', '/integrations')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await immuta.listen();
  expect((await call('GET', '/integrations')).status).toBe(200);
});

function statusesBut(failed: number): unknown[] {
  return VALIDATION_TESTS.map((_, index) => ({ status: index + 1 === failed ? 'failed' : 'passed' }));
}

function managementPolicy({
  accessGrants = `${INSTANCE}*`,
  listInstances = '*',
  listBucket = 'arn:aws:s3:::lake',
} = {}) {
  const verbs = ['Create', 'Delete', 'Update', 'Get', 'List'];
  return policy(
    { Action: verbs.map((verb) => `s3:${verb}AccessGrant*`), Resource: accessGrants },
    { Action: 's3:ListAccessGrantsInstances', Resource: listInstances },
    { Action: 's3:ListBucket', Resource: listBucket },
    { Action: ['iam:GetRole', 'iam:PassRole'], Resource: findRoleArn('location') },
  );
}

function policy(...statements: object[]) {
  return { Version: '2012-10-17', Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) };
}

function findRoleArn(roleName: string): string {
  return `arn:aws:iam::111122223333:role/${roleName}`;
}

function locations(): string[] {
  return aws.accessGrants.locations('111122223333', 'us-east-1').map(({ scope }) => scope);
}

async function post(config: S3Config) {
  return call('POST', '/integrations', { type: 'Native S3', autoBootstrap: false, config });
}

async function put(config: S3Config) {
  return call('PUT', '/integrations/101', { type: 'Native S3', autoBootstrap: false, config });
}

async function call(method: string, path: string, body?: object, headers = { authorization: DEFAULT_API_KEY }) {
  return new Promise<{ status: number; body: any }>((resolve, reject) => {
    const outgoing = request(
      immuta.url + path,
      { method, headers, ca: readFileSync(immuta.caFile), agent: false },
      (incoming) => {
        let text = '';
        incoming.on('data', (chunk) => {
          text += chunk;
        });
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode!, body: text.startsWith('<') ? text : JSON.parse(text) }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body && JSON.stringify(body));
  });
}
