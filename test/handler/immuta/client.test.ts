import { ServerResponse } from 'node:http';
import { IntegrationConfig, IntegrationsClient } from '../../../src/handler/immuta/client';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { HttpServer, sendJson } from '../../support/http-server';
import { createTransport } from '../support/immuta-transport';
import { TestClock } from '../support/test-clock';

const CONFIG: IntegrationConfig = {
  name: 'sales',
  awsAccountId: '111122223333',
  awsRegion: 'us-east-1',
  awsLocationRole: 'arn:aws:iam::111122223333:role/sales-location',
  awsLocationPath: 's3://sales/',
  authenticationType: 'auto',
  awsRoleToAssume: 'arn:aws:iam::111122223333:role/immuta',
};
const RECORD = { id: '7', status: 'enabled', type: 'Native S3', config: CONFIG };
const PARSED = {
  id: '7',
  status: 'enabled',
  name: 'sales',
  location: { accountId: '111122223333', region: 'us-east-1', path: 's3://sales/' },
  locationRoleArn: 'arn:aws:iam::111122223333:role/sales-location',
  authenticationType: 'auto',
  roleToAssumeArn: 'arn:aws:iam::111122223333:role/immuta',
  accessKeyId: undefined,
  failedTests: [],
  message: undefined,
};

let server: HttpServer;
let answer: (response: ServerResponse) => void;
let clock: TestClock;
let redaction: Redaction;

beforeEach(async () => {
  clock = new TestClock();
  redaction = new Redaction();
  server = await HttpServer.start((_, response) => answer(response));
});
afterEach(() => server.close());

function client(isOwn: (name: string) => boolean = () => true): IntegrationsClient {
  const transport = createTransport(server.url, clock, redaction);
  return new IntegrationsClient(transport, redaction, isOwn);
}

function replyWith(body: unknown, status = 200): void {
  answer = (response) => sendJson(response, status, body);
}

/** A record with other fields in its configuration. */
const configured = (config: object) => ({ ...RECORD, config: { ...CONFIG, ...config } });

describe('a record', () => {
  test.each<[string, object, object]>([
    ['as Immuta documents it', RECORD, PARSED],
    ['whose ID is a number', { ...RECORD, id: 7 }, PARSED],
    ['without a status, which is no steady one', { ...RECORD, status: undefined }, { ...PARSED, status: '' }],
    ['without a role', configured({ awsRoleToAssume: '' }), { ...PARSED, roleToAssumeArn: undefined }],
    ['with a masked key', configured({ awsAccessKeyId: '***' }), { ...PARSED, accessKeyId: '***' }],
    ['with a location role that is no text', configured({ awsLocationRole: {} }), { ...PARSED, locationRoleArn: '' }],
    ['with a message', { ...RECORD, message: ' No\n access. ' }, { ...PARSED, message: 'No access' }],
    ['with a message that is no text', { ...RECORD, message: {} }, PARSED],
    [
      'with tests',
      {
        ...RECORD,
        validationResults: {
          validationTests: [
            { name: 'one', status: 'passed', message: 'fine' },
            { name: 'two', status: 'failed', message: 'Denied.' },
            { name: 'three', status: 'failed' },
            null,
          ],
        },
      },
      { ...PARSED, failedTests: [{ name: 'two', message: 'Denied' }, { name: 'three', message: undefined }] },
    ],
    ['with tests that are no list', { ...RECORD, validationResults: { validationTests: {} } }, PARSED],
  ])('parses a record %s', async (_, record, expected) => {
    replyWith(record);
    expect(await client().get('7')).toEqual(expected);

    replyWith([record]);
    expect(await client().list()).toEqual([expected]);
  });

  const UNKNOWN = /an integration lacks its id, or its name or location in config\. .*\[IMMUTA_RESPONSE_INVALID\]$/;

  test.each<[string, object | null, RegExp]>([
    ['an ID', { ...RECORD, id: undefined }, UNKNOWN],
    ['an ID that can be part of a path', { ...RECORD, id: '7/8' }, UNKNOWN],
    ['an ID of 64 characters at most', { ...RECORD, id: '7'.repeat(65) }, UNKNOWN],
    ['a name', configured({ name: undefined }), UNKNOWN],
    ['a name that is a text', configured({ name: {} }), UNKNOWN],
    ['a name of 2048 characters at most', configured({ name: 'n'.repeat(2049) }), UNKNOWN],
    ['an account', configured({ awsAccountId: undefined }), UNKNOWN],
    ['a Region', configured({ awsRegion: undefined }), UNKNOWN],
    ['a path', configured({ awsLocationPath: undefined }), UNKNOWN],
    ['a configuration', { ...RECORD, config: null }, UNKNOWN],
    ['a type', { ...RECORD, type: undefined }, /an integration lacks its type\. .*\[IMMUTA_RESPONSE_INVALID\]$/],
    ['any field', null, /an integration lacks its type\. /],
  ])('fails to list when a record, which may be ours, lacks %s', async (_, record, reason) => {
    replyWith([RECORD, record]);

    await expect(client().list()).rejects.toThrow(reason);
  });

  test.each([
    ['of another type', { id: '7', type: 'Snowflake', status: 'enabled' }],
    ['of a deleted integration', { ...RECORD, status: 'deleted' }],
    ['of a deleted integration without other fields', { id: '7', status: 'deleted' }],
  ])('ignores a record %s', async (_, record) => {
    replyWith(record);
    expect(await client().get('7')).toBeUndefined();

    replyWith([record, RECORD]);
    expect(await client().list()).toEqual([PARSED]);
  });
});

test.each([
  ['an object', { items: [] }],
  ['null', null],
  ['a text', 'maintenance'],
])('does not take %s for an empty list', async (_, body) => {
  replyWith(body);

  await expect(client().list()).rejects.toThrow(/: it is not a list\. .*\[IMMUTA_RESPONSE_INVALID\]$/);
});

test.each([
  ['has no ID', { ...RECORD, id: undefined }],
  ['has another ID', { ...RECORD, id: '8' }],
  ['is deleted and has another ID', { id: '8', status: 'deleted' }],
  ['is a list', [RECORD]],
])('does not take a record for the requested one when it %s', async (_, body) => {
  replyWith(body);

  await expect(client().get('7')).rejects.toThrow(/: it has no id, or another one\. .*\[IMMUTA_RESPONSE_INVALID\]$/);
});

const NOT_FOUND = { statusCode: 404, error: 'Not Found', message: 'No Integration found with ID 7.' };
const REFUSED = { statusCode: 400, error: 'Bad Request', message: 'No.' };

test('distinguishes a record that is gone from a refusal', async () => {
  replyWith(NOT_FOUND, 404);
  expect(await client().get('7')).toBeUndefined();
  expect(await client().update('7', async () => CONFIG)).toBe('missing');
  expect(await client().delete('7')).toBe('missing');
  await expect(client().list()).rejects.toThrow(/answered 404 to GET \/integrations: /);

  replyWith(REFUSED, 400);
  await expect(client().get('7')).rejects.toThrow(/answered 400 to GET \/integrations\/7: No\. /);
  await expect(client().list()).rejects.toThrow(/answered 400 to GET \/integrations: No\. /);
  expect(await client().update('7', async () => CONFIG)).toMatchObject({ kind: 'final', status: 400 });
  expect(await client().delete('7')).toMatchObject({ kind: 'final', status: 400 });
  expect(await client().create(CONFIG)).toMatchObject({ kind: 'final', status: 400 });
});

describe('a change', () => {
  test('sends the whole configuration with a change, and none with a deletion', async () => {
    replyWith({ id: 7, status: 'editing' });

    expect(await client().create(CONFIG)).toBe('7');
    expect(await client().update('7', async () => CONFIG)).toEqual({ isAnswerLost: false, status: 'editing' });
    expect(await client().delete('7')).toEqual({ isAnswerLost: false, status: 'editing' });

    const body = { type: 'Native S3', autoBootstrap: false, config: CONFIG };
    expect(server.requests.map(({ method, url, body: sent }) => [method, url, sent && JSON.parse(sent)])).toEqual([
      ['POST', '/integrations', body],
      ['PUT', '/integrations/7', body],
      ['DELETE', '/integrations/7', ''],
    ]);
  });

  test('accepts a deletion when the response has no body', async () => {
    answer = (response) => response.writeHead(204).end();

    expect(await client().delete('7')).toEqual({ isAnswerLost: false, status: '' });
  });

  test('reports that a POST may have been carried out when the response has no ID', async () => {
    replyWith({ status: 'creating' });

    expect(await client().create(CONFIG)).toMatchObject({
      kind: 'lost',
      isAnswerLost: true,
      failure: { code: 'IMMUTA_RESPONSE_INVALID', text: expect.stringMatching(/: it has no id$/) },
    });
  });

  const failedTests = (...tests: [string, string?][]) => ({
    message: 'Invalid configuration',
    validationResults: { validationTests: tests.map(([name, message]) => ({ name, status: 'failed', message })) },
  });
  const PATH = 'The provided S3 path exists and Immuta can list prefixes';
  const UNIQUE = 'The provided integration name is unique across Immuta S3 integrations';

  test.each<[string, unknown, string, string]>([
    ['no test', { message: 'Invalid configuration' }, 'iam', 'VALIDATION_NOT_EXPLAINED'],
    ['a test that a new role fails', failedTests([PATH]), 'iam', 'VALIDATION_TEST_FAILED'],
    ['a test that no retry passes', failedTests([UNIQUE]), 'final', 'VALIDATION_TEST_FAILED'],
    ['both', failedTests([PATH], [UNIQUE]), 'final', 'VALIDATION_TEST_FAILED'],
  ])('decides whether a retry may help when Immuta refuses a change because of %s', async (_, body, kind, code) => {
    replyWith(body, 422);

    const refusals = [
      await client().create(CONFIG), await client().update('7', async () => CONFIG), await client().delete('7'),
    ];
    expect(refusals).toMatchObject(Array(3).fill({ kind, status: 422, failure: { code } }));
  });

  test('names each failed validation test and what to do', async () => {
    replyWith(failedTests([UNIQUE, 'Taken.'], ['Next year']), 422);

    expect(await client().create(CONFIG)).toMatchObject({
      failure: {
        message:
          `Immuta answered 422 to POST /integrations: Invalid configuration; '${UNIQUE}' failed: Taken; ` +
          "'Next year' failed. Set another 'integrationName', or remove the S3 integration that has this name. " +
          'Then try again. [VALIDATION_TEST_FAILED]',
      },
    });
  });

  test('quotes the beginning of a message of a validation test, without half a secret', async () => {
    redaction.remember('wJalrXUtnFEMI/K7MDENG');
    replyWith(failedTests([PATH, `${'x'.repeat(490)}wJalrXUtnFEMI/K7MDENG${'y'.repeat(500)}`]), 422);
    const refusal = await client().create(CONFIG);

    expect(refusal).toMatchObject({ failure: { text: expect.stringContaining('[redacted]') } });
    expect(refusal).toMatchObject({ failure: { text: expect.not.stringContaining('wJal') } });
    expect(refusal).toMatchObject({ failure: { text: expect.not.stringContaining('yyyyyyyyyy') } });
  });
});

describe('credentials in a record', () => {
  const ID = 'AKIAIOSFODNN7EXAMPLE';
  const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const keys = (awsAccessKeyId: unknown, awsSecretAccessKey: unknown) =>
    configured({ awsAccessKeyId, awsSecretAccessKey });

  test.each([
    ['get', (of: IntegrationsClient) => of.get('7')],
    ['list', (of: IntegrationsClient) => of.list()],
  ])('redacts the credentials of a record in every text after a %s', async (name, read) => {
    const record = { ...keys(ID, SECRET), message: `denied to ${ID}, ${SECRET}` };
    replyWith(name === 'list' ? [record] : record);

    expect([await read(client())].flat()).toMatchObject([{ message: 'denied to [redacted], [redacted]' }]);
    expect(redaction.redact(`${ID} ${SECRET}`)).toBe('[redacted] [redacted]');
  });

  test.each([
    ['a mask', '***', '********************************'],
    ['empty', '', ''],
    ['words', 'enabled', 'disabled'],
    ['longer than any key', `${ID.repeat(7)}`, `${SECRET.repeat(4)}`],
    ['more than a key', `x ${ID}`, `${SECRET} x`],
    ['no texts', {}, []],
  ])('redacts no credentials of a record when they are %s', async (_, id, secret) => {
    replyWith(keys(id, secret));
    await client().get('7');

    const text = `enabled, disabled, ***, ********************************, ${ID.repeat(7)}${SECRET.repeat(4)} x ${ID}`;
    expect(redaction.redact(text)).toBe(text);
  });

  test("redacts no credentials in other owners' records of a list, nor in more than ten of our own", async () => {
    const named = (name: string, id: string) => configured({ name, awsAccessKeyId: id });
    const own = Array.from({ length: 11 }, (_, i) => named('own', `AKIAOWN00000000${10 + i}`));
    replyWith([named('theirs', 'AKIATHEIRS0000000'), ...own]);
    await client((name) => name === 'own').list();

    const text = ['AKIATHEIRS0000000', 'AKIAOWN0000000010', 'AKIAOWN0000000019', 'AKIAOWN0000000020'].join(' ');
    expect(redaction.redact(text)).toBe('AKIATHEIRS0000000 [redacted] [redacted] AKIAOWN0000000020');
  });
});

test('retries a request as long as it is told to', async () => {
  replyWith({ message: 'Down.' }, 503);
  const start = clock.now();
  await expect(client().withRetryMs(60_000).list()).rejects.toThrow(/retried for 60 seconds/);
  expect(clock.now() - start).toBe(60_000);

  await expect(client().list()).rejects.toThrow(/retried for 5 minutes/);
});
