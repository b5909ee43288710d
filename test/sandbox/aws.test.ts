import dns from 'dns';
import { CreateAccessKeyCommand, DeleteAccessKeyCommand, IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import * as s3control from '@aws-sdk/client-s3-control';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { AwsStandIn, PolicyDocument, startAws } from './aws';
import { SandboxClock } from './clock';

const INSTANCE = 'arn:aws:s3:us-east-1:111122223333:access-grants/default';

let clock: SandboxClock;
let aws: AwsStandIn;

beforeEach(async () => {
  clock = new SandboxClock();
  aws = await startAws({ clock });
  const lookup: any = dns.lookup;
  jest
    .spyOn(dns, 'lookup')
    .mockImplementation(((host: string, ...rest: unknown[]) =>
      lookup(host.endsWith('.localhost') ? '127.0.0.1' : host, ...rest)) as any);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await aws.close();
});

test('lets only the allowed role read a secret by its partial ARN when its policy has taken effect', async () => {
  const secret = aws.secrets.createSecret('immuta/api-key', 'the-key');
  aws.iam.propagationMs = 10_000;
  aws.iam.propagationOf = /role\/reader$/;
  role(
    'reader',
    allow(
      'secretsmanager:GetSecretValue',
      'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/api-key-??????',
    ),
  );
  role(
    'other',
    allow('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:other-??????'),
  );
  const read = async (roleName: string) =>
    new SecretsManagerClient(createClient(roleName, aws.url)).send(
      new GetSecretValueCommand({ SecretId: secret.arn.slice(0, -7) }),
    );

  role('at-once', allow('secretsmanager:GetSecretValue', secret.arn));

  await expect(read('at-once')).resolves.toMatchObject({ SecretString: 'the-key' });
  await expect(read('reader')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  clock.advance(10_000);
  await expect(read('reader')).resolves.toMatchObject({ SecretString: 'the-key', ARN: secret.arn });
  await expect(read('other')).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('lets the SDK manage at most two access keys and the tags of a user when a policy allows it', async () => {
  aws.iam.createUser({ userName: 'immuta', path: '/saas/' });
  role('manager', allow('iam:*', 'arn:aws:iam::111122223333:user/saas/immuta'));
  role('stranger', allow('iam:*', 'arn:aws:iam::111122223333:user/immuta'));
  const client = new IAMClient(createClient('manager', aws.url));
  const user = { UserName: 'immuta' };
  const ids = async () =>
    (await client.send(new ListAccessKeysCommand(user))).AccessKeyMetadata!.map(({ AccessKeyId }) => AccessKeyId);

  await expect(ids()).resolves.toEqual([]);
  aws.iam.keyPropagationMs = 10_000;
  const { AccessKey: key } = await client.send(new CreateAccessKeyCommand(user));
  expect(key).toMatchObject({
    AccessKeyId: expect.stringMatching(/^AKIA/),
    CreateDate: new Date(clock.now()),
    Status: 'Active',
  });
  expect(aws.iam.authenticate(key!.AccessKeyId!, key!.SecretAccessKey!)).toBeUndefined();
  clock.advance(10_000);
  expect(aws.iam.authenticate(key!.AccessKeyId!, key!.SecretAccessKey!)).toBe(
    'arn:aws:iam::111122223333:user/saas/immuta',
  );
  const { AccessKey: second } = await client.send(new CreateAccessKeyCommand(user));
  await expect(ids()).resolves.toEqual([key!.AccessKeyId, second!.AccessKeyId]);
  await expect(client.send(new CreateAccessKeyCommand(user))).rejects.toMatchObject({
    name: 'LimitExceededException',
    $metadata: { httpStatusCode: 409 },
  });
  expect(() => aws.iam.deleteUser('immuta')).toThrow('must delete access keys first');

  for (const { AccessKeyId } of [key!, second!]) {
    await client.send(new DeleteAccessKeyCommand({ ...user, AccessKeyId }));
  }
  await expect(
    client.send(new DeleteAccessKeyCommand({ ...user, AccessKeyId: key!.AccessKeyId })),
  ).rejects.toMatchObject({ name: 'NoSuchEntityException', $metadata: { httpStatusCode: 404 } });
  aws.iam.deleteUser('immuta');
  await expect(ids()).rejects.toMatchObject({ name: 'AccessDenied' }); // a user that is gone has the ARN without a path
  await expect(
    new IAMClient(createClient('stranger', aws.url)).send(new ListAccessKeysCommand(user)),
  ).rejects.toMatchObject({ name: 'NoSuchEntityException' });
});

test('lets the SDK store versions of a secret and move their labels when a policy allows it', async () => {
  const { arn } = aws.secrets.createSecret('keys');
  role('rotator', allow('secretsmanager:*', arn));
  const client = new SecretsManagerClient(createClient('rotator', aws.url));
  const secret = { SecretId: arn };
  const [first, second] = ['1', '2'].map((digit) => digit.repeat(32));
  const stages = async () => (await client.send(new DescribeSecretCommand(secret))).VersionIdsToStages;
  const put = (token: string, value: string, labels: string[]) =>
    client.send(
      new PutSecretValueCommand({ ...secret, ClientRequestToken: token, SecretString: value, VersionStages: labels }),
    );
  const move = (label: string, from?: string, to?: string) =>
    client.send(
      new UpdateSecretVersionStageCommand({
        ...secret,
        VersionStage: label,
        RemoveFromVersionId: from,
        MoveToVersionId: to,
      }),
    );

  await expect(client.send(new GetSecretValueCommand(secret))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await put(first, 'one', ['AWSPENDING', 'mine']);
  expect(await stages()).toEqual({ [first]: ['AWSPENDING', 'mine', 'AWSCURRENT'] }); // the first version always gets it
  await put(first, 'one', ['AWSPENDING', 'mine']);
  await expect(put(first, 'another', ['AWSPENDING'])).rejects.toMatchObject({ name: 'ResourceExistsException' });
  await put(second, 'two', ['AWSPENDING']);
  expect(await stages()).toEqual({ [first]: ['mine', 'AWSCURRENT'], [second]: ['AWSPENDING'] });
  expect(await client.send(new GetSecretValueCommand({ ...secret, VersionId: second }))).toMatchObject({
    SecretString: 'two',
    VersionId: second,
  });

  await expect(move('AWSCURRENT', second, first)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await expect(move('AWSCURRENT', first)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await move('AWSCURRENT', first, second);
  await move('AWSPENDING', second);
  await move('mine', first);
  expect(await stages()).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT'] });

  await client.send(new TagResourceCommand({ ...secret, Tags: [{ Key: 'a:b', Value: '1 2' }] }));
  expect((await client.send(new DescribeSecretCommand(secret))).Tags).toEqual([{ Key: 'a:b', Value: '1 2' }]);
  clock.advance(10_000);
  aws.secrets.consistencyMs = 5_000;
  await client.send(new UntagResourceCommand({ ...secret, TagKeys: ['a:b'] }));
  expect((await client.send(new DescribeSecretCommand(secret))).Tags).toHaveLength(1);
  clock.advance(5_000);
  expect((await client.send(new DescribeSecretCommand(secret))).Tags).toEqual([]);
  await expect(
    new SecretsManagerClient(createClient('rotator', aws.url)).send(new DescribeSecretCommand({ SecretId: 'other' })),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('lets the SDK list locations by page and scope when a policy allows it', async () => {
  aws.accessGrants.createInstance('111122223333', 'us-east-1');
  role('location', undefined, 'access-grants.s3.amazonaws.com');
  const scopes = ['s3://', 's3://a/', 's3://b/', 's3://c/x&y/', 's3://d/'];
  for (const scope of scopes) {
    await aws.accessGrants.createLocation('111122223333', 'us-east-1', scope, findRoleArn('location'));
  }
  role('lister', allow('s3:ListAccessGrantsLocations', INSTANCE));
  const client = createControl('lister');

  const found: unknown[] = [];
  for await (const page of s3control.paginateListAccessGrantsLocations({ client }, { AccountId: '111122223333' })) {
    found.push(...page.AccessGrantsLocationsList!.map((location) => location.LocationScope));
  }
  expect(found).toEqual(scopes);
  const filtered = await client.send(
    new s3control.ListAccessGrantsLocationsCommand({ AccountId: '111122223333', LocationScope: 's3://' }),
  );
  expect(filtered.AccessGrantsLocationsList).toMatchObject([
    { AccessGrantsLocationId: 'default', IAMRoleArn: findRoleArn('location') },
  ]);
  await expect(
    client.send(new s3control.GetAccessGrantsInstanceCommand({ AccountId: '111122223333' })),
  ).rejects.toMatchObject({ name: 'AccessDenied', message: expect.stringContaining('s3:GetAccessGrantsInstance') });
});

test('requires permissions of sso for an association, whose application appears later', async () => {
  const identityCenter = 'arn:aws:sso:::instance/ssoins-1';
  aws.accessGrants.createInstance('111122223333', 'us-east-1');
  aws.accessGrants.associationMs = 10_000;
  role('without-sso', allow('s3:*', INSTANCE));
  role('with-sso', [...allow('s3:*', INSTANCE), ...allow('sso:*', '*')]);
  const associate = (roleName: string) =>
    createControl(roleName).send(
      new s3control.AssociateAccessGrantsIdentityCenterCommand({
        AccountId: '111122223333',
        IdentityCenterArn: identityCenter,
      }),
    );
  const look = () =>
    createControl('with-sso').send(new s3control.GetAccessGrantsInstanceCommand({ AccountId: '111122223333' }));

  await expect(associate('without-sso')).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('sso:CreateApplication'),
  });
  await associate('with-sso');
  await expect(associate('with-sso')).rejects.toMatchObject({ $metadata: { httpStatusCode: 409 } });
  expect((await look()).IdentityCenterInstanceArn).toBeUndefined();
  clock.advance(10_000);
  await expect(look()).resolves.toMatchObject({
    IdentityCenterInstanceArn: identityCenter,
    IdentityCenterApplicationArn: expect.stringMatching(/^arn:aws:sso::444455556666:application\/ssoins-1\/apl-/),
  });
  await expect(
    createControl('with-sso').send(new s3control.DeleteAccessGrantsInstanceCommand({ AccountId: '111122223333' })),
  ).rejects.toMatchObject({ name: 'AccessGrantsInstanceNotEmptyError' });
});

test.each([
  ['sso:DescribeInstance'],
  ['sso:DescribeApplication'],
  ['identitystore:DescribeGroup'],
])('requires %s for a grant to a group of Identity Center', async (missing) => {
  const instance = aws.accessGrants.createInstance('111122223333', 'us-east-1', {
    identityCenterArn: 'arn:aws:sso:::instance/ssoins-1',
  });
  role('location', undefined, 'access-grants.s3.amazonaws.com');
  const location = await aws.accessGrants.createLocation(
    '111122223333', 'us-east-1', 's3://lake/*', 'arn:aws:iam::111122223333:role/location',
  );
  const needed = ['sso:DescribeInstance', 'sso:DescribeApplication', 'identitystore:DescribeGroup'];
  const s3 = allow('s3:*', `${INSTANCE}/*`);
  role('all', [...s3, ...allow(needed, '*')]);
  role('one-less', [...s3, ...allow(needed.filter((action) => action !== missing), '*')]);
  const grant = (roleName: string, granteeType: s3control.GranteeType) => createControl(roleName).send(
    new s3control.CreateAccessGrantCommand({
      AccountId: '111122223333',
      AccessGrantsLocationId: location.id,
      Grantee: { GranteeType: granteeType, GranteeIdentifier: '1234' },
      Permission: 'READ',
    }),
  );

  await expect(grant('one-less', 'DIRECTORY_GROUP')).rejects.toMatchObject({
    name: 'AccessDenied', message: expect.stringContaining(missing),
  });
  await grant('one-less', 'IAM');
  await grant('all', 'DIRECTORY_GROUP');
  expect(instance.grants.size).toBe(2);
});

test('sets tags of an instance, changes, lists and removes them', async () => {
  role('tagger', allow('s3:*', INSTANCE));
  const client = createControl('tagger');
  const account = { AccountId: '111122223333' };
  const resource = { ...account, ResourceArn: INSTANCE };
  const tags = async () => (await client.send(new s3control.ListTagsForResourceCommand(resource))).Tags;

  await client.send(
    new s3control.CreateAccessGrantsInstanceCommand({
      ...account,
      Tags: [
        { Key: 'a:b', Value: 'arn:x/y' },
        { Key: 'c', Value: '' },
      ],
    }),
  );
  expect(await tags()).toEqual([
    { Key: 'a:b', Value: 'arn:x/y' },
    { Key: 'c', Value: '' },
  ]);
  await client.send(new s3control.TagResourceCommand({ ...resource, Tags: [{ Key: 'c', Value: 'd' }] }));
  await client.send(new s3control.UntagResourceCommand({ ...resource, TagKeys: ['a:b', 'nothing'] }));
  expect(await tags()).toEqual([{ Key: 'c', Value: 'd' }]);
});

test('requires a policy on location/*, PassRole and a role that trusts the instance for a location', async () => {
  aws.accessGrants.createInstance('111122223333', 'us-east-1');
  role('seed', [...allow(['s3:*'], INSTANCE), ...allow('iam:PassRole', '*')]);
  role('no-pass', allow(['s3:*'], `${INSTANCE}/*`));
  role('good', [...allow(['s3:*'], `${INSTANCE}/*`), ...allow('iam:PassRole', '*')]);
  role('location', undefined, 'access-grants.s3.amazonaws.com', {
    StringEquals: { 'aws:SourceAccount': '111122223333' },
  });
  role('other-account', undefined, 'access-grants.s3.amazonaws.com', {
    StringEquals: { 'aws:SourceAccount': '444455556666' },
  });
  const create = async (roleName: string, locationRole: string) =>
    createControl(roleName).send(
      new s3control.CreateAccessGrantsLocationCommand({
        AccountId: '111122223333',
        LocationScope: 's3://a/',
        IAMRoleArn: findRoleArn(locationRole),
      }),
    );

  await expect(create('seed', 'location')).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(create('no-pass', 'location')).rejects.toMatchObject({
    message: expect.stringContaining('iam:PassRole'),
  });
  await expect(create('good', 'other-account')).rejects.toMatchObject({
    name: 'InvalidIamRole',
    $metadata: { httpStatusCode: 400 },
  });
  await expect(create('good', 'location')).resolves.toMatchObject({
    LocationScope: 's3://a/',
    AccessGrantsLocationId: expect.any(String),
  });
  await expect(create('good', 'location')).rejects.toMatchObject({ name: 'AccessGrantsLocationAlreadyExistsError' });
});

test('applies managed policies and the boundary to users', async () => {
  const { arn } = aws.iam.createUser({ userName: 'immuta' });
  aws.iam.attachUserPolicy('immuta', aws.iam.createPolicy('all-of-s3', policy(...allow('s3:*', '*'))));
  const mayList = async () => [
    await aws.iam.authorize(arn, 's3:ListBucket', 'arn:aws:s3:::b'),
    await aws.iam.authorize(arn, 's3:ListAllMyBuckets', '*'),
  ];

  expect(await mayList()).toEqual([true, true]);
  aws.iam.putPermissionsBoundary(arn, aws.iam.createPolicy('boundary', policy(...allow('s3:ListBucket', '*'))));
  expect(await mayList()).toEqual([true, false]);
});

test('requires a bucket policy for a bucket of another account', async () => {
  role('immuta', allow('s3:ListBucket', '*'));
  const mayList = async (resourcePolicy?: PolicyDocument) =>
    aws.iam.authorize(findRoleArn('immuta'), 's3:ListBucket', 'arn:aws:s3:::b', {
      resourceAccount: '444455556666',
      resourcePolicy,
    });

  expect(await mayList()).toBe(false);
  expect(
    await mayList(
      policy({ ...allow('s3:ListBucket', 'arn:aws:s3:::b')[0], Principal: { AWS: findRoleArn('immuta') } }),
    ),
  ).toBe(true);
});

test.each([
  ['its account', { Principal: { AWS: 'arn:aws:iam::999988887777:root' } }, undefined, true],
  ['another account', { Principal: { AWS: 'arn:aws:iam::444455556666:root' } }, undefined, false],
  [
    'anybody of that name',
    {
      Principal: { AWS: '*' },
      Condition: { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::999988887777:role/immuta' } },
    },
    undefined,
    true,
  ],
  [
    'its account with the external id',
    { Principal: { AWS: '999988887777' }, Condition: { StringEquals: { 'sts:ExternalId': 'x' } } },
    'x',
    true,
  ],
  [
    'its account with another external id',
    { Principal: { AWS: '999988887777' }, Condition: { StringEquals: { 'sts:ExternalId': 'x' } } },
    'y',
    false,
  ],
  [
    'its account with no external id',
    { Principal: { AWS: '999988887777' }, Condition: { StringEquals: { 'sts:ExternalId': 'x' } } },
    undefined,
    false,
  ],
])('decides whether Immuta may assume a role that trusts %s', async (_, trust, externalId, assumable) => {
  aws.iam.createRole({
    roleName: 'r',
    assumeRolePolicyDocument: policy({ Effect: 'Allow', Action: 'sts:AssumeRole', ...trust }),
  });
  const keys = externalId === undefined ? undefined : { 'sts:ExternalId': externalId };
  expect(await aws.iam.assumable(findRoleArn('r'), 'arn:aws:iam::999988887777:role/immuta', keys)).toBe(assumable);
});

function policy(...statements: object[]) {
  return { Version: '2012-10-17', Statement: statements };
}

function role(roleName: string, statements?: object[], service = 'lambda.amazonaws.com', condition = {}): void {
  const trust = ['sts:AssumeRole', 'sts:SetSourceIdentity'].map((action) => ({
    Effect: 'Allow',
    Principal: { Service: service },
    Action: action,
    Condition: condition,
  }));
  aws.iam.createRole({ roleName, assumeRolePolicyDocument: policy(...trust) });
  if (statements) aws.iam.putRolePolicy(roleName, 'p', policy(...statements));
}

function allow(action: string | string[], resource: string): object[] {
  return [{ Effect: 'Allow', Action: action, Resource: resource }];
}

function findRoleArn(roleName: string): string {
  return `arn:aws:iam::111122223333:role/${roleName}`;
}

function createControl(roleName: string): s3control.S3ControlClient {
  return new s3control.S3ControlClient(createClient(roleName, aws.env.AWS_ENDPOINT_URL_S3_CONTROL));
}

function createClient(roleName: string, endpoint: string) {
  return { region: 'us-east-1', endpoint, credentials: aws.iam.sessionFor(findRoleArn(roleName)), maxAttempts: 1 };
}
