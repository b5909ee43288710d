import { API_KEY_ARN, CREATE, MADE_BY_CREATE, World } from '../support/world';

let world: World;
beforeEach(async () => { world = await World.start(); });
afterEach(() => world.close());

const neverEnds = () => { world.immuta.afterPost = [{ next: Array(1000).fill('creating') }]; };

describe('an event that takes longer than an invocation', () => {
  test('is handed over with a minute in reserve, as it was', async () => {
    neverEnds();
    const event = world.event('Create', CREATE);
    const begin = world.clock.now();
    await world.invoke(event);

    expect(world.answers).toEqual([]);
    expect(world.aws.invocations).toEqual([{ ...event, Continuation: { startedAt: begin, hop: 1, posted: false } }]);
    expect(world.clock.now() - begin).toBeGreaterThan(820_000);
    expect(world.clock.now() - begin).toBeLessThanOrEqual(840_000);
    const request = world.aws.http.requests.find(({ path }) => path.endsWith('/invocations'))!;
    expect(request.headers['x-amz-invocation-type']).toBe('Event');
    expect(decodeURIComponent(request.path)).toContain('function:immuta');
  });

  test('goes on with the same integration', async () => {
    world.immuta.afterPost = [{ next: [...Array(70).fill('creating'), 'enabled'] }];

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(world.aws.count('Invoke')).toBe(1);
    expect(world.immuta.count('POST')).toBe(1);
  });

  test('ends with the timeout of the resource, counted from its begin', async () => {
    neverEnds();
    const begin = world.clock.now();
    const answer = await world.create({ properties: { TimeoutSeconds: '3000' } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(answer.Reason).toMatch(/^not done after 50 minutes; last seen: integration 1001 is 'creating'/);
    expect(world.clock.now() - begin).toBeLessThanOrEqual(3_000_000);
    expect(world.aws.count('Invoke')).toBe(3);
  });

  test('is handed over five times at most', async () => {
    neverEnds();
    world.functionTimeoutMs = 120_000;
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(world.aws.count('Invoke')).toBe(5);
  });

  test('is answered if it cannot be handed over', async () => {
    neverEnds();
    world.aws.denials.Invoke = 100;
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(answer.Reason).toMatch(/^the handler function cannot invoke itself to go on: .*not authorized to perform Invoke/);
  });

  test('is not prolonged by a continuation that nobody wrote', async () => {
    neverEnds();
    await world.invoke({ ...world.event('Create', CREATE), Continuation: { startedAt: 'x', hop: -7, posted: false } });

    expect(world.aws.count('Invoke')).toBe(0);
    expect(world.answers).toMatchObject([{ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/1001' }]);
  });

  test('stays unknown when an earlier invocation lost an answer and this one cannot look', async () => {
    world.immuta.apiKey = 'another';
    await world.invoke({ ...world.event('Create', CREATE), Continuation: { startedAt: world.clock.now(), hop: 1, posted: true } });

    expect(world.answers).toMatchObject([{ Status: 'FAILED', PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}` }]);
  });

  test('counts from first sight where the response URL has no date', async () => {
    neverEnds();
    const answer = await world.create({ event: { ResponseURL: `${world.answersServer.url}/r?Expires=1795408000&Signature=s` }, ageMs: 100_000 });

    expect(answer.Reason).toMatch(/^not done after 30 minutes/);
    expect(world.aws.count('Invoke')).toBe(2);
  });
});

describe('an event that is not as it should be', () => {
  test.each([
    ['of no type', { RequestType: undefined }, "'' is not a request type of CloudFormation's"],
    ['of a type that nobody knows', { RequestType: 'Import' }, "'Import' is not a request type of CloudFormation's"],
  ])('%s is answered', async (_, event, reason) => {
    expect(await world.create({ event })).toMatchObject({ Status: 'FAILED', Reason: reason, RequestId: CREATE, LogicalResourceId: 'SalesLake' });
  });

  test.each([[undefined], [null], ['text'], [{}]])('like %p is survived', async (event) => {
    await world.invoke(event);

    expect(world.steps).toContain('answer-not-delivered');
  });

  test('is answered with a readable reason if the function lacks its environment', async () => {
    world.environment = {};

    expect((await world.create()).Reason)
      .toBe('the handler function lacks its environment variable API_KEY_SECRET_ARN: deploy the stack of the ImmutaTenant again');
  });
});

test.each(['nonsense', 'http://acme.immutacloud.com'])("a Create with the tenant's URL %p fails with a readable reason, and its Delete asks nobody", async (url) => {
  world.environment.IMMUTA_URL = url;
  const { PhysicalResourceId, Reason } = await world.create();

  expect(Reason).toMatch(new RegExp(`^'url' of the ImmutaTenant is '${url}': `));
  expect(world.aws.count('GetSecretValue')).toBe(0);
  expect(await world.delete(PhysicalResourceId)).toMatchObject({ Status: 'SUCCESS' });
});

describe('the API key', () => {
  test.each([
    ['missing', undefined, /cannot be read: Secrets Manager can't find the specified secret/],
    ['empty', '  \n', /is empty: store the API key there/],
    ['binary', new Uint8Array([1, 2]), /cannot be read: it is binary, store it as text/],
    ['a JSON object', '{"apiKey":"key-846e9e43c86a4c"}', /is a JSON object: name the field that holds the API key with 'apiKeyField'/],
    ['of several words', 'key-846e9e43c86a4c key-846e9e43c86a4c', /holds characters that an API key cannot have/],
  ])('that is %s', async (_, value, reason) => {
    world.aws.secrets.delete(API_KEY_ARN);
    if (value !== undefined) {
      world.aws.secrets.set(API_KEY_ARN, value);
    }
    const answer = await world.create();

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
    world.environment.API_KEY_FIELD = 'immuta';
    world.aws.secrets.set(API_KEY_ARN, value);

    expect((await world.create()).Reason).toMatch(reason);
  });

  test.each([
    ['a text with white space around it', undefined, ' key-846e9e43c86a4c\n'],
    ['a field', 'immuta', '{"immuta":"key-846e9e43c86a4c"}'],
  ])('is taken from %s', async (_, field, value) => {
    world.environment.API_KEY_FIELD = field;
    world.aws.secrets.set(API_KEY_ARN, value);

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS' });
  });

  test('is read again when it was rotated meanwhile', async () => {
    world.immuta.afterPost = [{ next: ['creating', 'creating', 'creating', 'enabled'] }];
    let looks = 0;
    world.clock.onTick = () => {
      looks++;
      if (looks === 2) {
        world.immuta.apiKey = 'key-846e9e43c86a4c-2';
        world.aws.secrets.set(API_KEY_ARN, 'key-846e9e43c86a4c-2');
      }
    };

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS' });
    expect(world.aws.count('GetSecretValue')).toBe(2);
  });
});

test('every log line is one JSON object with fields of the list only', async () => {
  await world.create();

  const allowed = ['level', 'step', 'message', 'stack', 'logicalId', 'requestId', 'requestType', 'hop', 'integrationId', 'status', 'method', 'path',
    'httpStatus', 'code', 'attempt', 'delayMs', 'elapsedMs'];
  const lines = world.log.map((line) => JSON.parse(line));
  expect(lines.flatMap((line) => Object.keys(line)).filter((field) => !allowed.includes(field))).toEqual([]);
  expect(lines.every(({ stack, logicalId, step }) => stack.includes('stack/Lake/') && logicalId === 'SalesLake' && step)).toBe(true);
  expect(world.log.join('\n')).not.toContain('arn:aws:iam::'); // nothing of the configuration
});
