import { Outcome } from '../../../src/handler/protocol/outcome';
import { HandleEvent, run } from '../../../src/handler/protocol/run';
import { OutOfTime } from '../../../src/handler/runtime/deadline';
import { AwsError } from '../../sandbox/aws';
import { API_KEY_ARN, CREATE, HandlerSandbox, ID, MADE_BY_CREATE } from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const neverEnds = () => {
  sandbox.immuta.switches.durations.creating = Infinity;
};

describe('an event that takes longer than an invocation', () => {
  test('continues in the next invocation with the same event when it has waited for eight minutes', async () => {
    neverEnds();
    const event = sandbox.event('Create', CREATE);
    const begin = sandbox.clock.now();
    await sandbox.invoke(event);

    expect(sandbox.answers).toEqual([]);
    expect(sandbox.invocations).toEqual([{ ...event, Continuation: { startedAt: begin, hop: 1, posted: false } }]);
    expect(sandbox.clock.now() - begin).toBeGreaterThan(460_000);
    expect(sandbox.clock.now() - begin).toBeLessThanOrEqual(480_000);
    const request = sandbox.aws.requests.find(({ service }) => service === 'lambda')!;
    expect(request.headers['x-amz-invocation-type']).toBe('Event');
    expect(decodeURIComponent(request.path)).toContain('function:immuta');
  });

  test('continues with the same integration in the next invocation', async () => {
    sandbox.immuta.switches.durations.creating = 15 * 60_000;

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.countAwsCalls('Invoke')).toBe(1);
    expect(sandbox.countImmutaCalls('POST')).toBe(1);
  });

  test('fails when the timeout of the resource ends, counted from its start', async () => {
    neverEnds();
    const begin = sandbox.clock.now();
    const answer = await sandbox.create({ properties: { TimeoutSeconds: '3000' } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toMatch(/^timed out after 50 minutes .*\(last status: integration 101 is 'creating'\)/);
    expect(sandbox.clock.now() - begin).toBeLessThanOrEqual(3_000_000);
    expect(sandbox.countAwsCalls('Invoke')).toBe(6);
  });

  test('continues an event twelve times at most', async () => {
    neverEnds();
    sandbox.functionTimeoutMs = 120_000;
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(sandbox.countAwsCalls('Invoke')).toBe(12);
  });

  test('invokes itself again when AWS Lambda is busy', async () => {
    sandbox.immuta.switches.durations.creating = 15 * 60_000;
    let refusals = 2;
    sandbox.aws.route('lambda', async (request, next) => {
      if (refusals-- > 0) throw new AwsError(429, 'TooManyRequestsException', 'Rate exceeded.');
      return next(request);
    });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.countAwsCalls('Invoke')).toBe(3);
  });

  test('responds when the function cannot invoke itself', async () => {
    neverEnds();
    sandbox.deny('lambda', 100);
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toMatch(
      new RegExp(
        String.raw`^the handler function cannot invoke itself to continue: .*not authorized to perform Invoke\. ` +
          String.raw`Check .*\[SELF_INVOCATION_FAILED\]$`,
      ),
    );
  });

  test('does not prolong an event when the handler did not write its continuation', async () => {
    neverEnds();
    await sandbox.invoke({
      ...sandbox.event('Create', CREATE),
      Continuation: { startedAt: 'x', hop: -7, posted: false },
    });

    expect(sandbox.countAwsCalls('Invoke')).toBe(0);
    expect(sandbox.answers).toMatchObject([{ Status: 'FAILED', PhysicalResourceId: ID }]);
  });

  test('answers `unknown` when an earlier invocation lost a response and this one cannot list', async () => {
    sandbox.immuta.apiKeys.clear();
    await sandbox.invoke({
      ...sandbox.event('Create', CREATE),
      Continuation: { startedAt: sandbox.clock.now(), hop: 1, posted: true },
    });

    expect(sandbox.answers).toMatchObject([
      { Status: 'FAILED', PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}` },
    ]);
  });

  test('counts from the first invocation when the response URL has no date', async () => {
    neverEnds();
    const answer = await sandbox.create({
      event: { ResponseURL: `${sandbox.responses.url}/r?Expires=1795408000&Signature=s` },
      ageMs: 100_000,
    });

    expect(answer.Reason).toMatch(/^timed out after 30 minutes/);
    expect(sandbox.countAwsCalls('Invoke')).toBe(3);
  });
});

describe('an event that Lambda delivered more than five minutes late', () => {
  test('is refused when CloudFormation cannot be asked', async () => {
    const { Reason } = await sandbox.update({ ageMs: 301_000 });

    expect(Reason).toMatch(/reached the handler function 5 minutes late.*\[EVENT_TOO_OLD\]$/);
    expect(sandbox.immutaCalls).toEqual([]);
  });

  test('is carried out when it continues an invocation', async () => {
    await sandbox.addIntegration();
    const Continuation = { startedAt: sandbox.clock.now(), hop: 1, posted: false };

    expect(await sandbox.update({ ageMs: 301_000, event: { Continuation } })).toMatchObject({ Status: 'SUCCESS' });
  });

  test('is carried out when its response URL has no date', async () => {
    await sandbox.addIntegration();
    const event = { ResponseURL: `${sandbox.responses.url}/r?Expires=1795408000&Signature=s` };

    expect(await sandbox.update({ ageMs: 301_000, event })).toMatchObject({ Status: 'SUCCESS' });
  });
});

describe('an Update that CloudFormation can be asked about', () => {
  const rename = (ageMs?: number) => sandbox.update({ properties: { IntegrationName: 'marketing' }, ageMs });
  beforeEach(() => sandbox.addIntegration());

  test('fails without a change when a later operation of the stack has begun', async () => {
    describeStack(sandbox, 'UPDATE_IN_PROGRESS', ID, { resourceStatus: 'UPDATE_IN_PROGRESS', startedAfterMs: 2_001 });
    const { Status, Reason } = await rename(11_000);

    expect(Status).toBe('FAILED');
    expect(Reason).toMatch(/: a later operation of the stack is in progress\. .*\[OPERATION_NOT_CURRENT\]/);
    expect(sandbox.countImmutaCalls('PUT')).toBe(0);
  });

  test('waits until CloudFormation no longer shows the operation before', async () => {
    describeStack(sandbox, 'UPDATE_IN_PROGRESS', ID, { resourceStatus: 'UPDATE_COMPLETE' });
    const begin = sandbox.clock.now();
    sandbox.clock.at(begin + 10_000, () => describeStack(sandbox, 'UPDATE_IN_PROGRESS', ID, {
      resourceStatus: 'UPDATE_IN_PROGRESS', changedAfterMs: -10_000,
    }));
    let sentAfterMs: number | undefined;
    sandbox.immuta.faults.http({ method: 'PUT', run: () => void (sentAfterMs = sandbox.clock.now() - begin) });

    expect(await rename(2_000)).toMatchObject({ Status: 'SUCCESS' });
    expect(sentAfterMs).toBe(10_000);
  });
});

describe('an event that is malformed', () => {
  test.each([
    [
      'of no type',
      { RequestType: undefined },
      "request type must be Create, Update or Delete, got ''. Let only CloudFormation invoke the handler function. " +
        '[REQUEST_TYPE_UNKNOWN]',
    ],
    [
      'of an unknown type',
      { RequestType: 'Import' },
      "request type must be Create, Update or Delete, got 'Import'. Let only CloudFormation invoke the handler " +
        'function. [REQUEST_TYPE_UNKNOWN]',
    ],
  ])('responds to an event that is %s', async (_, event, reason) => {
    expect(await sandbox.create({ event })).toMatchObject({
      Status: 'FAILED',
      Reason: reason,
      RequestId: CREATE,
      LogicalResourceId: 'SalesLake',
    });
  });

  test.each([[undefined], [null], ['text'], [{}]])('neither acts nor throws when an event is %p', async (event) => {
    await sandbox.invoke(event);

    expect(sandbox.steps).toEqual(['received', 'refused']);
  });

  test.each([
    'https://evil.example/r?X-Amz-Signature=s',
    'http://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
  ])('does nothing when an event is to be answered at %s', async (ResponseURL) => {
    await sandbox.invoke({ ...sandbox.event('Create', CREATE), ResponseURL });

    expect(sandbox.steps).toEqual(['received', 'refused']);
    expect(sandbox.log.at(-1)).toContain(
      'the response URL is not one of CloudFormation in the Region of the function. Let only CloudFormation invoke ' +
        'the handler function. [RESPONSE_URL_INVALID]',
    );
    expect([...sandbox.immutaCalls, ...sandbox.aws.requests]).toEqual([]);
  });

  test('responds when the IDs of an event are long, unless no response can hold them', async () => {
    const response = await sandbox.create({ event: { StackId: 'x'.repeat(2_000), RequestType: 'Import' } });
    await sandbox.invoke({ ...sandbox.event('Create', CREATE), StackId: 'x'.repeat(9_000), RequestType: 'Import' });

    expect(response).toMatchObject({ Status: 'FAILED' });
    expect(sandbox.answers).toHaveLength(1);
    expect(sandbox.steps.at(-1)).toBe('response-not-delivered');
  });

  test('responds with a readable reason when the function lacks its environment', async () => {
    sandbox.environment = {};

    expect((await sandbox.create()).Reason).toBe(
      "the handler function lacks its environment variable API_KEY_SECRET_ARN. Change 'environment' of the " +
        'ImmutaTenant and deploy, which restores all variables. [ENVIRONMENT_INCOMPLETE]',
    );
  });
});

test('returns attributes without secrets and without characters that control a terminal', async () => {
  const handleEvent: HandleEvent = async (_, { redaction }) => ({
    physicalId: 'immuta-s3-integration/1',
    attributes: { IntegrationName: `a\u001b[2J\u202e${redaction.remember('secret-1')}` },
  });
  const context = { invokedFunctionArn: '', getRemainingTimeInMillis: () => 900_000 };
  await run(sandbox.event('Create', CREATE), context, { handleEvent, clock: sandbox.clock, writeLog: () => undefined });

  expect(sandbox.answers).toMatchObject([{ Status: 'SUCCESS', Data: { IntegrationName: 'a�[2J�[redacted]' } }]);
});

test('says how long it waited, without the time that it has cleaned up', async () => {
  const handleEvent: HandleEvent = async (_, { deadline }) => {
    await sandbox.clock.sleep(deadline.giveUpAt - deadline.now() + 150_000);
    return { physicalId: 'immuta-s3-integration/none', error: new OutOfTime('timeout', 'Immuta') };
  };
  const context = { invokedFunctionArn: '', getRemainingTimeInMillis: () => 900_000 };
  const event = sandbox.event('Create', CREATE, { properties: { TimeoutSeconds: '600' } });
  await run(event, context, { handleEvent, clock: sandbox.clock, writeLog: () => undefined });

  expect(sandbox.answers[0].Reason).toMatch(/^timed out after 10 minutes waiting for Immuta\. /);
});

test.each<[string, unknown]>([
  ['TypeError: x is not a function', new TypeError('x is not a function')],
  ['no more', 'no more'],
])('reports an unexpected error with its own code: %s', async (cause, error) => {
  const handleEvent = async () => ({ physicalId: 'immuta-s3-integration/none', error });
  const context = {
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
    getRemainingTimeInMillis: () => 900_000,
  };
  await run(sandbox.event('Create', CREATE), context, { handleEvent, clock: sandbox.clock, writeLog: () => undefined });

  expect(sandbox.answers).toMatchObject([
    {
      Status: 'FAILED',
      PhysicalResourceId: 'immuta-s3-integration/none',
      Reason:
        `unexpected error in the handler: ${cause}. Report it with the function's log, and deploy again. ` +
        '[UNEXPECTED_ERROR]',
    },
  ]);
});

describe('the end of a run', () => {
  const end = (outcome: Outcome, type = 'Create') => {
    const context = {
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
      getRemainingTimeInMillis: () => 900_000,
    };
    const { clock, log } = sandbox;
    const options = { clock, handleEvent: async () => outcome, writeLog: (line: string) => log.push(line) };
    return run(sandbox.event(type, CREATE, { physicalId: type === 'Create' ? undefined : ID }), context, options);
  };

  test('does what remains to be done after the response, and does not fail with it', async () => {
    const responses: number[] = [];
    await end({
      physicalId: ID,
      async afterResponse() {
        responses.push(sandbox.answers.length);
        throw new Error('no');
      },
    });

    expect(responses).toEqual([1]);
    expect(sandbox.answers).toMatchObject([{ Status: 'SUCCESS', PhysicalResourceId: ID }]);
    expect(sandbox.steps.at(-1)).toBe('acceptance-unknown');
  });

  test.each([
    ['the other physical ID', 'immuta-s3-integration/unknown', 'immuta-s3-integration/unknown'],
    ['the only physical ID', undefined, 'immuta-s3-integration/none'],
  ])('responds with %s when another run may be under way', async (_, physicalIdIfRunning, expected) => {
    sandbox.deny('lambda', 100);
    const error = new OutOfTime('invocation');
    await end({ error, physicalId: 'immuta-s3-integration/none', physicalIdIfRunning });

    expect(sandbox.answers).toMatchObject([{ Status: 'FAILED', PhysicalResourceId: expected }]);
  });

  test.each([
    ['Update', /\. If the stack is left in UPDATE_ROLLBACK_FAILED, .* continue-update-rollback --stack-name Lake\. \[/],
    ['Create', /^(?!.*rollback)/],
    ['Delete', /^(?!.*rollback)/],
  ])('says in the reason of a failed %s what the user can run, if anything', async (type, reason) => {
    await end({ error: new TypeError('x is not a function'), physicalId: ID }, type);

    expect(sandbox.answers).toMatchObject([{ Status: 'FAILED', Reason: expect.stringMatching(reason) }]);
  });
});

test.each(['nonsense', 'http://acme.immutacloud.com'])(
  "fails a Create with a readable reason when the tenant's URL is %p, and its Delete makes no call",
  async (url) => {
    sandbox.environment.IMMUTA_URL = url;
    const { PhysicalResourceId, Reason } = await sandbox.create();

    expect(Reason).toMatch(
      new RegExp(`^'url' of the ImmutaTenant must be an https address, got '${url}'\\. .*\\[TENANT_URL_INVALID\\]$`),
    );
    expect(sandbox.countAwsCalls('GetSecretValue')).toBe(0);
    expect(await sandbox.delete(PhysicalResourceId)).toMatchObject({ Status: 'SUCCESS' });
  },
);

describe('the API key', () => {
  test.each([
    [
      'missing',
      'no secret',
      new RegExp(
        String.raw`^cannot read secret '.*Secrets Manager can't find the specified secret\. Check that it ` +
          String.raw`exists, .*\[SECRET_NOT_READABLE\]$`,
      ),
    ],
    ['without a value', undefined, /^cannot read secret '.*Secrets Manager can't find the specified secret value/],
    ['empty', '  \n', /is empty\. Store the API key in it, .*\[API_KEY_EMPTY\]$/],
    ['binary', new Uint8Array([1, 2]), /it is binary\. Store it as text, .*\[SECRET_IS_BINARY\]$/],
    [
      'a JSON object',
      '{"apiKey":"key-846e9e43c86a4c"}',
      /is a JSON object\. Name the field that holds the API key with 'apiKeyField' .*\[API_KEY_IS_JSON\]$/,
    ],
    [
      'of several words',
      'key-846e9e43c86a4c key-846e9e43c86a4c',
      /has characters that an API key cannot have, .*\[API_KEY_MALFORMED\]$/,
    ],
    ['with half a character', 'key-\ud83d-846e9e43c86a4c', /an API key cannot have, .*\[API_KEY_MALFORMED\]$/],
    ['with a line break inside', 'key-846e9e43\r\nx-evil: 1', /an API key cannot have, .*\[API_KEY_MALFORMED\]$/],
    ['with a letter that no header has', 'schlüssel-846e9e43', /an API key cannot have, .*\[API_KEY_MALFORMED\]$/],
  ])('fails a Create when the secret of the API key is %s', async (_, value, reason) => {
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
    [
      'not JSON',
      'key-846e9e43c86a4c',
      /is not a JSON object, so field 'immuta' cannot be read\. .*\[SECRET_IS_NOT_JSON\]$/,
    ],
    [
      'without that field',
      '{"other":"key-846e9e43c86a4c"}',
      /has no text in field 'immuta'\. .*\[SECRET_FIELD_MISSING\]$/,
    ],
    ['with an empty field', '{"immuta":" "}', /has no text in field 'immuta'\. .*\[SECRET_FIELD_MISSING\]$/],
    [
      'with half a character there',
      '{"immuta":"key-\\ud83d"}',
      /has characters in field 'immuta' that cannot be sent\. .*\[SECRET_FIELD_MALFORMED\]$/,
    ],
    ['with a number there', '{"immuta":7}', /has no text in field 'immuta'\. .*\[SECRET_FIELD_MISSING\]$/],
  ])('fails a Create when the secret with the field is %s', async (_, value, reason) => {
    sandbox.environment.API_KEY_FIELD = 'immuta';
    sandbox.aws.secrets.putSecretValue(API_KEY_ARN, value);

    expect((await sandbox.create()).Reason).toMatch(reason);
  });

  test.each([
    ['a text with white space around it', undefined, ' key-846e9e43c86a4c\n'],
    ['a field', 'immuta', '{"immuta":"key-846e9e43c86a4c"}'],
  ])('reads the API key from %s', async (_, field, value) => {
    sandbox.environment.API_KEY_FIELD = field;
    sandbox.aws.secrets.putSecretValue(API_KEY_ARN, value);

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
  });
});

test('writes log lines of an event as JSON with known fields only', async () => {
  await sandbox.create();

  const allowed = [
    'level',
    'step',
    'message',
    'stack',
    'logicalId',
    'requestId',
    'requestType',
    'hop',
    'integrationId',
    'status',
    'method',
    'path',
    'httpStatus',
    'code',
    'attempt',
    'delayMs',
    'elapsedMs',
  ];
  const lines = sandbox.log.map((line) => JSON.parse(line));
  expect(lines.flatMap((line) => Object.keys(line)).filter((field) => !allowed.includes(field))).toEqual([]);
  expect(
    lines.every(({ stack, logicalId, step }) => stack.includes('stack/Lake/') && logicalId === 'SalesLake' && step),
  ).toBe(true);
  expect(sandbox.log.join('\n')).not.toContain('arn:aws:iam::'); // nothing of the configuration
});
