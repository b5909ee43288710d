import { API_KEY_ARN, CREATE, HandlerSandbox, ID, MADE_BY_CREATE } from '../support/handler-sandbox';

let sandbox: HandlerSandbox;
beforeEach(async () => { sandbox = await HandlerSandbox.start(); });
afterEach(() => sandbox.close());

const neverEnds = () => { sandbox.immuta.switches.durations.creating = Infinity; };

describe('an event that takes longer than an invocation', () => {
  test('is handed over with a minute in reserve, as it was', async () => {
    neverEnds();
    const event = sandbox.event('Create', CREATE);
    const begin = sandbox.clock.now();
    await sandbox.invoke(event);

    expect(sandbox.answers).toEqual([]);
    expect(sandbox.invocations).toEqual([{ ...event, Continuation: { startedAt: begin, hop: 1, posted: false } }]);
    expect(sandbox.clock.now() - begin).toBeGreaterThan(820_000);
    expect(sandbox.clock.now() - begin).toBeLessThanOrEqual(840_000);
    const request = sandbox.aws.requests.find(({ service }) => service === 'lambda')!;
    expect(request.headers['x-amz-invocation-type']).toBe('Event');
    expect(decodeURIComponent(request.path)).toContain('function:immuta');
  });

  test('goes on with the same integration', async () => {
    sandbox.immuta.switches.durations.creating = 15 * 60_000;

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.countAwsCalls('Invoke')).toBe(1);
    expect(sandbox.countImmutaCalls('POST')).toBe(1);
  });

  test('ends with the timeout of the resource, counted from its begin', async () => {
    neverEnds();
    const begin = sandbox.clock.now();
    const answer = await sandbox.create({ properties: { TimeoutSeconds: '3000' } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toMatch(/^not done after 50 minutes; last seen: integration 101 is 'creating'/);
    expect(sandbox.clock.now() - begin).toBeLessThanOrEqual(3_000_000);
    expect(sandbox.countAwsCalls('Invoke')).toBe(3);
  });

  test('is handed over five times at most', async () => {
    neverEnds();
    sandbox.functionTimeoutMs = 120_000;
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(sandbox.countAwsCalls('Invoke')).toBe(5);
  });

  test('is answered if it cannot be handed over', async () => {
    neverEnds();
    sandbox.deny('lambda', 100);
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toMatch(/^the handler function cannot invoke itself to go on: .*not authorized to perform Invoke/);
  });

  test('is not prolonged by a continuation that nobody wrote', async () => {
    neverEnds();
    await sandbox.invoke({ ...sandbox.event('Create', CREATE), Continuation: { startedAt: 'x', hop: -7, posted: false } });

    expect(sandbox.countAwsCalls('Invoke')).toBe(0);
    expect(sandbox.answers).toMatchObject([{ Status: 'FAILED', PhysicalResourceId: ID }]);
  });

  test('stays unknown when an earlier invocation lost an answer and this one cannot look', async () => {
    sandbox.immuta.apiKeys.clear();
    await sandbox.invoke({ ...sandbox.event('Create', CREATE), Continuation: { startedAt: sandbox.clock.now(), hop: 1, posted: true } });

    expect(sandbox.answers).toMatchObject([{ Status: 'FAILED', PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}` }]);
  });

  test('counts from first sight where the response URL has no date', async () => {
    neverEnds();
    const answer = await sandbox.create({ event: { ResponseURL: `${sandbox.responses.url}/r?Expires=1795408000&Signature=s` }, ageMs: 100_000 });

    expect(answer.Reason).toMatch(/^not done after 30 minutes/);
    expect(sandbox.countAwsCalls('Invoke')).toBe(2);
  });
});

describe('an event that is not as it should be', () => {
  test.each([
    ['of no type', { RequestType: undefined }, "'' is not a request type of CloudFormation's"],
    ['of a type that nobody knows', { RequestType: 'Import' }, "'Import' is not a request type of CloudFormation's"],
  ])('%s is answered', async (_, event, reason) => {
    expect(await sandbox.create({ event })).toMatchObject({ Status: 'FAILED', Reason: reason, RequestId: CREATE, LogicalResourceId: 'SalesLake' });
  });

  test.each([[undefined], [null], ['text'], [{}]])('like %p is survived', async (event) => {
    await sandbox.invoke(event);

    expect(sandbox.steps).toContain('answer-not-delivered');
  });

  test('is answered with a readable reason if the function lacks its environment', async () => {
    sandbox.environment = {};

    expect((await sandbox.create()).Reason)
      .toBe('the handler function lacks its environment variable API_KEY_SECRET_ARN: deploy the stack of the ImmutaTenant again');
  });
});

test.each(['nonsense', 'http://acme.immutacloud.com'])("a Create with the tenant's URL %p fails with a readable reason, and its Delete asks nobody", async (url) => {
  sandbox.environment.IMMUTA_URL = url;
  const { PhysicalResourceId, Reason } = await sandbox.create();

  expect(Reason).toMatch(new RegExp(`^'url' of the ImmutaTenant is '${url}': `));
  expect(sandbox.countAwsCalls('GetSecretValue')).toBe(0);
  expect(await sandbox.delete(PhysicalResourceId)).toMatchObject({ Status: 'SUCCESS' });
});

describe('the API key', () => {
  test.each([
    ['missing', 'no secret', /cannot be read: Secrets Manager can't find the specified secret/],
    ['without a value', undefined, /cannot be read: Secrets Manager can't find the specified secret value/],
    ['empty', '  \n', /is empty: store the API key there/],
    ['binary', new Uint8Array([1, 2]), /cannot be read: it is binary, store it as text/],
    ['a JSON object', '{"apiKey":"key-846e9e43c86a4c"}', /is a JSON object: name the field that holds the API key with 'apiKeyField'/],
    ['of several words', 'key-846e9e43c86a4c key-846e9e43c86a4c', /holds characters that an API key cannot have/],
  ])('that is %s', async (_, value, reason) => {
    if (value === 'no secret') {
      sandbox.aws.secrets.deleteSecret(API_KEY_ARN);
    } else {
      sandbox.aws.secrets.putSecretValue(API_KEY_ARN, value);
    }
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toMatch(reason);
    expect(answer.Reason).toContain(API_KEY_ARN);
  });

  test.each([
    ['not JSON', 'key-846e9e43c86a4c', /is not a JSON object, and its field 'immuta' is asked for/],
    ['without that field', '{"other":"key-846e9e43c86a4c"}', /has no text in the field 'immuta'/],
    ['with an empty field', '{"immuta":" "}', /has no text in the field 'immuta'/],
    ['with a number there', '{"immuta":7}', /has no text in the field 'immuta'/],
  ])('in a field of a secret that is %s', async (_, value, reason) => {
    sandbox.environment.API_KEY_FIELD = 'immuta';
    sandbox.aws.secrets.putSecretValue(API_KEY_ARN, value);

    expect((await sandbox.create()).Reason).toMatch(reason);
  });

  test.each([
    ['a text with white space around it', undefined, ' key-846e9e43c86a4c\n'],
    ['a field', 'immuta', '{"immuta":"key-846e9e43c86a4c"}'],
  ])('is taken from %s', async (_, field, value) => {
    sandbox.environment.API_KEY_FIELD = field;
    sandbox.aws.secrets.putSecretValue(API_KEY_ARN, value);

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
  });
});

test('every log line is one JSON object with fields of the list only', async () => {
  await sandbox.create();

  const allowed = ['level', 'step', 'message', 'stack', 'logicalId', 'requestId', 'requestType', 'hop', 'integrationId', 'status', 'method', 'path',
    'httpStatus', 'code', 'attempt', 'delayMs', 'elapsedMs'];
  const lines = sandbox.log.map((line) => JSON.parse(line));
  expect(lines.flatMap((line) => Object.keys(line)).filter((field) => !allowed.includes(field))).toEqual([]);
  expect(lines.every(({ stack, logicalId, step }) => stack.includes('stack/Lake/') && logicalId === 'SalesLake' && step)).toBe(true);
  expect(sandbox.log.join('\n')).not.toContain('arn:aws:iam::'); // nothing of the configuration
});
