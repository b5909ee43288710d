import { IamUser } from '../../../src/handler/aws/iam';
import { elements, queryXml } from '../../sandbox/aws';
import { createAwsTools } from '../support/aws-tools';
import { HandlerSandbox } from '../support/handler-sandbox';

let sandbox: HandlerSandbox;
let writes: number;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  process.env.AWS_MAX_ATTEMPTS = '3'; // of the SDK
  writes = 0;
});
afterEach(() => sandbox.close());

function connect(beforeWrite = async () => {}): IamUser {
  const { deadline, log } = createAwsTools(sandbox.clock);
  const announce = async () => {
    writes++;
    await beforeWrite();
  };
  return new IamUser('immuta', { deadline: deadline.withoutRetries(), log, beforeWrite: announce });
}

function refuse(status: number, code: string): void {
  sandbox.failAws('iam', status, code);
}

test('lists the keys of each page, with the second of their creation', async () => {
  const pages: Record<string, object> = {
    '': { AccessKeyMetadata: { member: [key('AKIA1')] }, IsTruncated: true, Marker: 'next' },
    'next': { AccessKeyMetadata: { member: [key('AKIA2')] }, IsTruncated: false },
  };
  sandbox.aws.route('iam', async ({ operation, input }) => queryXml(operation, elements(pages[input.Marker ?? ''])));

  const createdAt = Date.parse('2026-11-23T04:26:00Z');
  expect(await connect().listAccessKeys()).toEqual(
    ['AKIA1', 'AKIA2'].map((accessKeyId) => ({ accessKeyId, createdAt })),
  );
  expect(writes).toBe(0);
});

function key(AccessKeyId: string): object {
  return { AccessKeyId, UserName: 'immuta', Status: 'Active', CreateDate: '2026-11-23T04:26:00Z' };
}

test('creates and deletes a key', async () => {
  sandbox.aws.iam.createUser({ userName: 'immuta' });
  const user = connect();
  const { key: created } = await user.createAccessKey();

  expect(created).toEqual({ accessKeyId: expect.stringMatching(/^AKIA/), secretAccessKey: expect.any(String) });
  expect(await user.listAccessKeys()).toMatchObject([{ accessKeyId: created!.accessKeyId }]);
  await user.deleteAccessKey(created!.accessKeyId);
  await user.deleteAccessKey(created!.accessKeyId);
  expect(await user.listAccessKeys()).toEqual([]);
  expect(writes).toBe(3);
});

test('a user that does not exist has no list of keys and gets none', async () => {
  expect(await connect().listAccessKeys()).toBeUndefined();
  expect(await connect().createAccessKey()).toEqual({
    refusal: expect.objectContaining({ text: expect.stringContaining("'immuta': NoSuchEntityException") }),
  });
});

test.each([
  ['LimitExceeded', 409, "AWS IAM refused CreateAccessKey of user 'immuta': LimitExceededException: no"],
  ['AccessDenied', 403, "AWS IAM denied CreateAccessKey of user 'immuta': AccessDenied: no"],
  ['NotNoSuchEntity', 400, "AWS IAM refused CreateAccessKey of user 'immuta': NotNoSuchEntity: no"],
])('returns why IAM creates no key: %s', async (code, status, text) => {
  refuse(status, code);

  expect(await connect().createAccessKey()).toEqual({ refusal: expect.objectContaining({ text }) });
});

test('does not send the request for a key twice when its response says nothing', async () => {
  refuse(500, 'ServiceFailure');

  expect(await connect().createAccessKey()).toEqual({});
  expect(sandbox.countAwsCalls('CreateAccessKey')).toBe(1);
});

test('knows nothing of a key when there is no response', async () => {
  const user = connect();
  process.env.AWS_ENDPOINT_URL_IAM = 'http://127.0.0.1:1';

  expect(await user.createAccessKey()).toEqual({});
});

test('returns what ends the request for a key before it is sent', async () => {
  const ended = new Error('a later operation');

  expect(await connect(() => Promise.reject(ended)).createAccessKey()).toEqual({ refusal: ended });
});

test.each<[string, (user: IamUser) => Promise<unknown>]>([
  ['ListAccessKeys', (user) => user.listAccessKeys()],
  ['DeleteAccessKey', (user) => user.deleteAccessKey('AKIA1')],
])('fails when IAM refuses %s, with its name', async (operation, call) => {
  refuse(400, 'NotNoSuchEntity');

  await expect(call(connect())).rejects.toThrow(
    new RegExp(`^AWS IAM refused ${operation} of user 'immuta': NotNoSuchEntity: no\\. .*\\[AWS_REQUEST_REFUSED\\]$`),
  );
});

test('names no Region, since IAM has none', async () => {
  process.env.AWS_ENDPOINT_URL_IAM = 'http://127.0.0.1:1';

  await expect(connect().listAccessKeys()).rejects.toThrow(
    /^no answer from AWS IAM to ListAccessKeys of user 'immuta': /,
  );
});
