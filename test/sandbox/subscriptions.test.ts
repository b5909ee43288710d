import { PolicyDocument, startAws } from './aws';
import { SandboxClock } from './clock';
import { startImmuta } from './immuta';

const ACCOUNT = { accountId: '111122223333', region: 'us-east-1' };
const INSTANCE = 'arn:aws:s3:us-east-1:111122223333:access-grants/default';

test('opens the prefix of a data source for reading, and nothing else, when a role is subscribed', async () => {
  const clock = new SandboxClock();
  const aws = await startAws({ clock });
  const immuta = await startImmuta({ clock, aws });
  try {
    aws.accessGrants.createInstance(ACCOUNT.accountId, ACCOUNT.region);
    const location = aws.iam.createRole({
      roleName: 'location',
      assumeRolePolicyDocument: allow({
        Principal: { Service: 'access-grants.s3.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      }),
    });
    const manager = aws.iam.createRole({
      roleName: 'immuta',
      assumeRolePolicyDocument: allow({ Principal: { AWS: immuta.identity.principal }, Action: 'sts:AssumeRole' }),
    });
    aws.iam.putRolePolicy('immuta', 'grants', allow({
      Action: 's3:CreateAccessGrant',
      Resource: `${INSTANCE}/*`,
      Condition: { StringEquals: { 's3:AccessGrantScope': 's3://lake/orders/*' } },
    }));
    const reader = aws.iam.createRole({ roleName: 'reader', assumeRolePolicyDocument: allow() }).arn;
    aws.iam.putRolePolicy('reader', 'access', allow({ Action: 's3:GetDataAccess', Resource: INSTANCE }));
    const { id } = await immuta.createByHand({
      name: 'lake',
      awsAccountId: ACCOUNT.accountId,
      awsRegion: ACCOUNT.region,
      awsLocationRole: location.arn,
      awsLocationPath: 's3://lake/',
      authenticationType: 'auto',
      awsRoleToAssume: manager.arn,
    });
    immuta.dataSources.add({ name: 'Orders', prefix: '/orders/', integrationId: Number(id) });
    const request = async (target: string, permission: string, caller = reader) =>
      aws.s3Control.execute(caller, 'GetDataAccess', { ...ACCOUNT, target, permission });
    const denied = { code: 'AccessDenied' };

    await expect(request('s3://lake/orders/*', 'READ')).rejects.toMatchObject(denied);
    await immuta.subscribe('Orders', reader);

    const { Credentials, MatchedGrantTarget } = await request('s3://lake/orders/2026/*', 'READ');
    expect(MatchedGrantTarget).toBe('s3://lake/orders/*');
    expect(aws.iam.principalOf(Credentials.AccessKeyId)).toBe(location.arn);
    await expect(request('s3://lake/orders/*', 'READWRITE')).rejects.toMatchObject(denied);
    await expect(request('s3://lake/*', 'READ')).rejects.toMatchObject(denied);
    await expect(request('s3://lake/orders/*', 'READ', manager.arn)).rejects.toMatchObject(denied);
    await expect(immuta.subscribe('Returns', reader)).rejects.toThrow('Data source Returns not found.');
  } finally {
    await immuta.close();
    await aws.close();
  }
});

function allow(...statements: object[]): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  } as PolicyDocument;
}
