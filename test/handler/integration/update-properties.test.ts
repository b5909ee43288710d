import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import {
  ACCESS_KEY_ARN,
  HandlerSandbox,
  ID,
  IMMUTA_ROLE,
  OTHER_IMMUTA_ROLE,
  OTHER_ROLE,
} from '../support/handler-sandbox';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  sandbox.createAccessKey();
  await sandbox.addIntegration();
});
afterEach(() => sandbox.close());

/** What the properties are before an update, beside those that the handler's tests have. */
const BEFORE = { Revision: '1', AccessKeySecretArn: ACCESS_KEY_ARN };

const update = (properties: Record<string, string>) =>
  sandbox.update({ properties: { ...BEFORE, ...properties }, oldProperties: BEFORE });
const record = () => sandbox.immuta.integrations.get('101')!;
const changes = () => sandbox.immutaCalls.filter((call) => !call.startsWith('GET'));

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
  ['LocationRoleArn', OTHER_ROLE, PUT, { awsLocationRole: OTHER_ROLE }],
  ['AuthenticationType', 'accessKey', PUT, WITH_KEY],
  ['RoleToAssumeArn', OTHER_IMMUTA_ROLE, PUT, { awsRoleToAssume: OTHER_IMMUTA_ROLE }],
  ['AccessKeySecretArn', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf', PUT, {}],
  ['AccessKeyIdField', 'otherId', PUT, {}],
  ['SecretAccessKeyField', 'otherKey', PUT, {}],
  ['Revision', '2', PUT, {}],
  ['TenantUrl', 'https://acme.immutacloud.com', [], {}],
  ['ApiKeySecretArn', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf', [], {}],
  ['RemovalPolicy', 'retain', [], {}],
  ['TimeoutSeconds', '600', [], {}],
  ['IamPropagationTimeoutSeconds', '60', [], {}],
  ['Generation', 'other', [], {}],
  ['DiagnosedPrincipalArn', IMMUTA_ROLE, [], {}],
  ['BucketAccountId', '444455556666', [], {}],
  ['DiagnosedBucketName', 'sales', [], {}],
  ['HealthCheck', 'integration', [], {}],
];

test.each(ROWS)('handles another %s as documented', async (name, value, written, inConfig) => {
  const { config } = structuredClone(record());

  expect(await update({ [name]: value })).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: ID,
    Data: { IntegrationId: '101' },
  });

  expect(changes()).toEqual(written);
  const after = record();
  expect(after.status).toBe('enabled');
  expect(after.config).toEqual({ ...config, ...inConfig });
  expect(sandbox.locations).toMatchObject([{ scope: 's3://sales/', roleArn: after.config.awsLocationRole }]);
});

test('writes what Immuta does not show beside a property that changes nothing there', async () => {
  expect(await update({ Revision: '2', TimeoutSeconds: '600' })).toMatchObject({ Status: 'SUCCESS' });

  expect(changes()).toEqual(PUT);
});

const REFUSED: [name: string, value: string, reason: string][] = [
  ['AccountId', '444455556666', 'cannot change the location of an integration'],
  ['Region', 'eu-west-1', 'cannot change the location of an integration'],
  ['LocationPath', 's3://hr-lake/', 'cannot change the location of an integration'],
  ['Adopt', '17', "cannot change 'adopt' to '17'"],
];

test.each(REFUSED)('fails before it changes anything when %s changes', async (name, value, reason) => {
  const before = structuredClone([record(), sandbox.locations]);

  const answer = await update({ [name]: value });

  expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
  expect(answer.Reason).toContain(reason);
  expect(changes()).toEqual([]);
  expect([record(), sandbox.locations]).toEqual(before);
});

test.each([
  ['IntegrationName', 'marketing', 'name', (name: string) => name.replace('sales', 'marketing')],
  ['LocationRoleArn', OTHER_ROLE, 'awsLocationRole', () => OTHER_ROLE],
] as const)('does not write another %s that the record has already', async (property, value, field, changed) => {
  record().config = { ...record().config, [field]: changed(record().config[field]) };
  sandbox.locations[0].roleArn = record().config.awsLocationRole;

  expect(await update({ [property]: value })).toMatchObject({ Status: 'SUCCESS' });

  expect(changes()).toEqual([]);
});

test('matches the table of properties in the documentation', () => {
  const page = readFileSync(path.join(__dirname, '../../../docs/internals/handler-lifecycle.md'), 'utf8');
  const [, table] = page.split('## Properties that an Update writes');
  const documented = (heading: RegExp) =>
    table
      .split('\n')
      .filter((row) => heading.test(row.split('|')[2] ?? ''))
      .flatMap((row) => [...row.split('|')[1].matchAll(/`(\w+)`/g)].map(([, name]) => name))
      .sort();

  const rows = (wanted: (row: (typeof ROWS)[number]) => boolean) =>
    ROWS.filter(wanted)
      .map(([name]) => name)
      .sort();
  expect(documented(/^ PUT/)).toEqual(rows(([, , written]) => written.length > 0));
  expect(documented(/^ (nothing|the record)/)).toEqual(
    rows(([, , written]) => written.length === 0)
      .concat('Adopt')
      .sort(),
  );
  expect(documented(/refused/)).toEqual(REFUSED.map(([name]) => name).sort());
});
