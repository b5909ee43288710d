import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { CfnResource } from 'aws-cdk-lib';
import { CfnFunction, Code } from 'aws-cdk-lib/aws-lambda';
import { changes, expectNothingLeft, failure, lake, locations, shortAnswers, tenantOf, useSandbox } from './fixture';
import { state, withOtherResource } from './owners';
import { SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();

/** Says with each event that it is older: its first event loads it, and no other. */
const SAYS_SO = `
;{
  const { handler } = module.exports;
  module.exports = { handler: (...args) => {
    console.log('the older code');
    return handler(...args);
  } };
}`;

/** A bundle like the packaged one, but older. */
let olderBundle: string;
beforeAll(() => {
  olderBundle = mkdtempSync(path.join(tmpdir(), 'older-bundle-'));
  cpSync(path.join(__dirname, '../../assets/handler/integration.lambda'), olderBundle, { recursive: true });
  const file = path.join(olderBundle, 'index.js');
  writeFileSync(file, readFileSync(file, 'utf8') + SAYS_SO);
});
afterAll(() => rmSync(olderBundle, { recursive: true }));

/** What the first version may not have had. */
const LATER_PROPERTIES = [
  'IamPropagationTimeoutSeconds',
  'RemovalPolicy',
  'TimeoutSeconds',
  'ServiceTimeout',
];

/** The stack as an older version of the library would have made it. */
const older = (integrationName = 'sales', otherResource = false) => lake(sandbox.current, {
  props: () => ({ integrationName }),
  and: (stack, integration) => {
    const { s3Location } = Code.fromAsset(olderBundle).bind(stack);
    (tenantOf(stack).handler.node.defaultChild as CfnFunction).code = {
      s3Bucket: s3Location!.bucketName,
      s3Key: s3Location!.objectKey,
    };
    LATER_PROPERTIES.forEach((name) =>
      (integration.node.defaultChild as CfnResource).addPropertyDeletionOverride(name),
    );
    if (otherResource) withOtherResource(stack);
  },
});

/** As this version makes it, with a property that the older one does not know. */
const newer = (integrationName = 'sales', otherResource = false) => lake(sandbox.current, {
  props: () => ({ integrationName }),
  and: (stack, integration) => {
    (integration.node.defaultChild as CfnResource).addPropertyOverride('FutureProperty', { Of: ['another', 'shape'] });
    if (otherResource) withOtherResource(stack);
  },
});

/** Each event and whether the older code ran for it. */
const runs = () =>
  sandbox.current.lambda.invocations.map(
    ({ event, output }) => `${event.RequestType} ${output.includes('the older code') ? 'older' : 'newer'}`,
  );

test('writes nothing when only the library is upgraded', async () => {
  await sandbox.current.deploy(older());
  const before = state(sandbox.current);

  expect(await sandbox.current.deploy(newer())).toMatchObject({
    status: 'UPDATE_COMPLETE',
    outputs: { IntegrationId: '101' },
  });

  expect(runs()).toEqual(['Create older', 'Update newer']);
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  expect(state(sandbox.current)).toEqual(before);
  await expectNothingLeft(sandbox.current);
});

test('rolls back with the older code and properties when Immuta rejects an upgrade', async () => {
  await sandbox.current.deploy(older());
  const before = state(sandbox.current);
  sandbox.current.immuta.faults.validation({ test: 2, on: 'edit' });

  const result = await sandbox.current.deploy(newer('taken'));

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure(result)).toContain('is unique across Immuta S3 integrations');
  expect(runs()).toEqual(['Create older', 'Update newer', 'Update older']);
  expect(state(sandbox.current)).toEqual(before);
  expect(shortAnswers(sandbox.current).slice(1)).toEqual([
    'FAILED immuta-s3-integration/101',
    'SUCCESS immuta-s3-integration/101',
  ]);
  await expectNothingLeft(sandbox.current);
  expect(runs().at(-1)).toBe('Delete older');
});

test('restores an update of the newer code with the older code', async () => {
  await sandbox.current.deploy(older());
  const before = state(sandbox.current);
  sandbox.current.cloudFormation.faults.push({
    logicalId: /^OtherResource/,
    action: 'create',
    afterSeconds: 120,
    reason: 'no bucket today',
  });

  expect(await sandbox.current.deploy(newer('marketing', true))).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

  expect(runs()).toEqual(['Create older', 'Update newer', 'Update older']);
  expect(changes(sandbox.current).slice(1)).toEqual(Array(2).fill('PUT /integrations/101'));
  expect(state(sandbox.current)).toEqual(before);
  await expectNothingLeft(sandbox.current);
});

test('lets the older code own an integration that the newer code has recreated', async () => {
  await sandbox.current.deploy(older());
  sandbox.current.immuta.integrations.delete('101');
  locations(sandbox.current).forEach(({ id }) =>
    sandbox.current.aws.accessGrants.deleteLocation(SANDBOX_ENV.account, SANDBOX_ENV.region, id),
  );
  sandbox.current.cloudFormation.faults.push({
    logicalId: /^OtherResource/,
    action: 'create',
    afterSeconds: 120,
    reason: 'no bucket today',
  });

  expect(await sandbox.current.deploy(newer('sales', true))).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

  expect([...sandbox.current.immuta.integrations.values()]).toMatchObject([{ id: '102', status: 'enabled' }]);
  expect(runs()).toEqual(['Create older', 'Update newer', 'Update older']);
  await expectNothingLeft(sandbox.current);
});
