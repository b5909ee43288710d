import { AccessGrants, Instance } from '../../../src/handler/aws/access-grants';
import { AwsError, elements, s3ControlOperation, xml } from '../../sandbox/aws';
import { createAwsTools } from '../support/aws-tools';
import { HandlerSandbox } from '../support/handler-sandbox';

const ACCOUNT = { accountId: '111122223333', region: 'us-east-1' };
const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1111222233334444';
const INSTANCE: Instance = {
  arn: 'arn:aws:s3:us-east-1:111122223333:access-grants/default',
  id: 'default',
  tags: {},
};

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

function connect(): AccessGrants {
  const { deadline, log } = createAwsTools(sandbox.clock);
  const allow = async () => {};
  const options = { ...ACCOUNT, deadline, log, beforeWrite: allow, beforeCreate: allow };
  return new AccessGrants(options, sandbox.s3Control);
}

/** AWS answers calls of an operation with an error, as often as it is told to. */
function refuse(operation: string, status: number, code: string, times = Infinity): void {
  sandbox.aws.route('s3-control', async (request, next) => {
    if (s3ControlOperation(request) !== operation || times-- <= 0) return next(request);
    throw new AwsError(status, code, 'no');
  });
}

test.each<[string, (accessGrants: AccessGrants) => Promise<unknown>]>([
  ['GetAccessGrantsInstance', (accessGrants) => accessGrants.findInstance()],
  ['ListTagsForResource', (accessGrants) => accessGrants.findInstance()],
  ['CreateAccessGrantsInstance', (accessGrants) => accessGrants.createInstance({})],
  ['DeleteAccessGrantsInstance', (accessGrants) => accessGrants.deleteInstance(() => true)],
  ['AssociateAccessGrantsIdentityCenter', (accessGrants) => accessGrants.associate(IDENTITY_CENTER)],
  ['DissociateAccessGrantsIdentityCenter', (accessGrants) => accessGrants.dissociate(() => true)],
  ['TagResource', (accessGrants) => accessGrants.tagInstance(INSTANCE, { team: 'lake' })],
  ['UntagResource', (accessGrants) => accessGrants.untagInstance(INSTANCE, ['team'])],
  ['ListAccessGrantsLocations', (accessGrants) => accessGrants.countContents()],
  ['ListAccessGrants', (accessGrants) => accessGrants.countContents()],
])('names the account, the Region and %s when AWS is out of order', async (operation, call) => {
  refuse(operation, 503, 'SlowDown');

  await expect(call(connect())).rejects.toThrow(
    new RegExp(
      String.raw`^S3 Access Grants of account 111122223333, us-east-1 failed to process ${operation}: SlowDown: no\. ` +
        String.raw`.* \[AWS_UNAVAILABLE\]$`,
    ),
  );
});

test.each([
  ['a denial', 'AccessDenied', 403, 'final'],
  ['a refusal', 'InvalidIdentityCenterInstance', 400, 'final'],
  ['a conflict', 'Conflict', 409, 'conflict'],
])('returns %s of an association', async (_, code, status, kind) => {
  refuse('AssociateAccessGrantsIdentityCenter', status, code);

  expect(await connect().associate(IDENTITY_CENTER)).toMatchObject({
    kind,
    isAnswerLost: false,
    failure: { text: expect.stringContaining(`AssociateAccessGrantsIdentityCenter: ${code}: no`) },
  });
});

test('returns a refusal of the end of an association', async () => {
  refuse('DissociateAccessGrantsIdentityCenter', 409, 'Conflict');

  expect(await connect().dissociate(() => true)).toMatchObject({
    text: expect.stringContaining('DissociateAccessGrantsIdentityCenter: Conflict: no'),
  });
});

test('fails when AWS denies the end of an association', async () => {
  refuse('DissociateAccessGrantsIdentityCenter', 403, 'AccessDenied');

  await expect(connect().dissociate(() => true)).rejects.toThrow(/\[AWS_ACCESS_DENIED\]$/);
});

describe('before it deletes the instance', () => {
  test('does not read it for the first attempt', async () => {
    expect(await connect().deleteInstance(() => false)).toBeUndefined();
    expect(sandbox.countAwsCalls('GetAccessGrantsInstance')).toBe(0);
    expect(sandbox.aws.accessGrants.findInstance('111122223333', 'us-east-1')).toBeUndefined();
  });

  test.each([
    ['deletes it', true, 2],
    ['keeps it', false, 1],
  ])('asks for each further attempt whether it is ours, and %s', async (_, isOurs, deletions) => {
    refuse('DeleteAccessGrantsInstance', 500, 'InternalError', 1);

    expect(await connect().deleteInstance(() => isOurs)).toBeUndefined();
    expect(sandbox.countAwsCalls('DeleteAccessGrantsInstance')).toBe(deletions);
    expect(sandbox.countAwsCalls('GetAccessGrantsInstance')).toBe(1);
  });
});

test.each([
  ['IdentityCenterApplicationArn', 'arn:aws:sso::111122223333:application/ssoins-1/apl-1'],
  ['IdentityCenterArn', 'arn:aws:sso::111122223333:application/ssoins-1/apl-2'], // the name before
])('takes the application from %s', async (field, applicationArn) => {
  const ids = { AccessGrantsInstanceArn: INSTANCE.arn, AccessGrantsInstanceId: INSTANCE.id };
  const instance = { ...ids, [field]: applicationArn };
  sandbox.aws.route('s3-control', async (request, next) =>
    s3ControlOperation(request) === 'GetAccessGrantsInstance'
      ? xml(elements({ GetAccessGrantsInstanceResult: instance }))
      : next(request));

  expect(await connect().findInstance()).toMatchObject({ arn: INSTANCE.arn, id: 'default', applicationArn });
});
