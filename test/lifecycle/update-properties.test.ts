import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CfnResource } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { changes, failure, lake, LOCATION_PATH, locations, shortAnswers, tenantOf, useSandbox } from './fixture';
import { arnOf, createRoles, EVERYTHING, inAccount, prepareAccount, state } from './owners';

const sandbox = useSandbox();

/** What the properties are before an update, beside those that the construct gives. */
const BEFORE: Record<string, string> = { IntegrationName: 'sales', Revision: '1', AccessKeyIdField: 'id', SecretAccessKeyField: 'key', RoleToAssumeArn: arnOf('immuta') };
let accessKeySecretArn: string;

beforeEach(() => {
  const { aws } = sandbox.current;
  prepareAccount(sandbox.current);
  createRoles(sandbox.current, 'other-location', 'other-immuta');
  aws.iam.createUser({ userName: 'immuta' });
  aws.iam.putUserPolicy('immuta', 'everything', EVERYTHING);
  const { accessKeyId: id, secretAccessKey: key } = aws.iam.createAccessKey('immuta');
  accessKeySecretArn = aws.secrets.createSecret('immuta/access-key', JSON.stringify({ id, key, otherId: id, otherKey: key })).arn;
});

/** Deploys the stack with these properties of the custom resource, whatever the construct gives. */
const deploy = (properties: Record<string, string> = {}) => sandbox.current.deploy(lake(sandbox.current, {
  props: (stack) => inAccount(stack, 'given-immutable'),
  and: (stack, integration) => {
    const resource = integration.node.defaultChild as CfnResource;
    Object.entries({ ...BEFORE, AccessKeySecretArn: accessKeySecretArn, ...properties })
      .forEach(([name, value]) => resource.addPropertyOverride(name, value));
    tenantOf(stack).handler.addToRolePolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [accessKeySecretArn] }));
  },
}));

const WITH_KEY = {
  authenticationType: 'accessKey',
  awsRoleToAssume: undefined,
  awsAccessKeyId: expect.stringMatching(/^AKIA/),
  awsSecretAccessKey: expect.stringMatching(/.{40}/),
};
const PUT = ['PUT /integrations/101'];

/** The table in docs/internals/handler-lifecycle.md, row by row. */
const ROWS: [name: string, value: string, written: string[], inConfig: object][] = [
  ['IntegrationName', 'marketing', PUT, { name: expect.stringMatching(/^marketing-[0-9a-f]{12}-[0-9a-f]{12}$/) }],
  ['LocationRoleArn', arnOf('other-location'), PUT, { awsLocationRole: arnOf('other-location') }],
  ['AuthenticationType', 'accessKey', PUT, WITH_KEY],
  ['RoleToAssumeArn', arnOf('other-immuta'), PUT, { awsRoleToAssume: arnOf('other-immuta') }],
  ['AccessKeySecretArn', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf', PUT, {}],
  ['AccessKeyIdField', 'otherId', PUT, {}],
  ['SecretAccessKeyField', 'otherKey', PUT, {}],
  ['Revision', '2', PUT, {}],
  ['CredentialsVersion', '2', PUT, {}],
  ['TenantUrl', 'https://acme.immutacloud.com', [], {}],
  ['ApiKeySecretArn', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf', [], {}],
  ['RemovalPolicy', 'retain', [], {}],
  ['TimeoutSeconds', '600', [], {}],
  ['IamPropagationTimeoutSeconds', '60', [], {}],
  ['Generation', 'other', [], {}],
  ['DiagnosedPrincipalArn', arnOf('immuta'), [], {}],
  ['BucketAccountId', '444455556666', [], {}],
];

test.each(ROWS)('another %s', async (name, value, written, inConfig) => {
  await deploy();
  const { config } = structuredClone(sandbox.current.immuta.integrations.get('101')!);

  expect(await deploy({ [name]: value })).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: { IntegrationId: '101' } });

  expect(changes(sandbox.current).slice(1)).toEqual(written);
  const record = sandbox.current.immuta.integrations.get('101')!;
  expect(record.status).toBe('enabled');
  expect(record.config).toEqual({ ...config, ...inConfig });
  expect(locations(sandbox.current)).toMatchObject([{ scope: LOCATION_PATH, roleArn: record.config.awsLocationRole }]);
  expect(shortAnswers(sandbox.current)).toEqual(Array(2).fill('SUCCESS immuta-s3-integration/101'));
});

const REFUSED: [name: string, value: string, reason: string][] = [
  ['AccountId', '444455556666', 'an integration cannot move'],
  ['Region', 'eu-west-1', 'an integration cannot move'],
  ['LocationPath', 's3://hr-lake/', 'an integration cannot move'],
  ['Adopt', '17', "'adopt' cannot become '17'"],
];

test.each(REFUSED)('another %s is refused before anything is changed', async (name, value, reason) => {
  await deploy();
  const before = state(sandbox.current);

  const result = await deploy({ [name]: value });

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure(result)).toContain(reason);
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  expect(state(sandbox.current)).toEqual(before);
  expect(shortAnswers(sandbox.current).slice(1)).toEqual(['FAILED immuta-s3-integration/101', 'SUCCESS immuta-s3-integration/101']);
});

test.each([
  ['IntegrationName', 'marketing', 'name', (name: string) => name.replace('sales', 'marketing')],
  ['LocationRoleArn', arnOf('other-location'), 'awsLocationRole', () => arnOf('other-location')],
] as const)('another %s that the record has already is not written', async (property, value, field, changed) => {
  await deploy();
  const record = sandbox.current.immuta.integrations.get('101')!;
  record.config = { ...record.config, [field]: changed(record.config[field]) };
  locations(sandbox.current)[0].roleArn = record.config.awsLocationRole;

  expect(await deploy({ [property]: value })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
});

test('the table in the docs has these rows', () => {
  const page = readFileSync(path.join(__dirname, '../../docs/internals/handler-lifecycle.md'), 'utf8');
  const [, table] = page.split('## Properties that an Update writes');
  const documented = (heading: RegExp) => table.split('\n').filter((row) => heading.test(row.split('|')[2] ?? ''))
    .flatMap((row) => [...row.split('|')[1].matchAll(/`(\w+)`/g)].map(([, name]) => name)).sort();

  const rows = (wanted: (row: typeof ROWS[number]) => boolean) => ROWS.filter(wanted).map(([name]) => name).sort();
  expect(documented(/^ PUT/)).toEqual(rows(([, , written]) => written.length > 0));
  expect(documented(/^ (nothing|the record)/)).toEqual(rows(([, , written]) => written.length === 0).concat('Adopt').sort());
  expect(documented(/refused/)).toEqual(REFUSED.map(([name]) => name).sort());
});
