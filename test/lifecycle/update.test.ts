import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { changes, failure, lake, leftovers, locations, NOTHING, shortAnswers, STACK_NAME, useSandbox } from './fixture';
import { ImmutaS3IntegrationProps, S3Location } from '../../src';
import { SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();

const deploy = (props: Partial<ImmutaS3IntegrationProps> = {}) =>
  sandbox.current.deploy(lake(sandbox.current, { props: () => props }));

test('calls nothing when the stack is the same', async () => {
  await deploy();
  const before = sandbox.current.immuta.requests.length;

  expect(await deploy()).toMatchObject({ events: [] });

  expect(sandbox.current.immuta.requests).toHaveLength(before);
});

test('renames an integration in place', async () => {
  await deploy({ integrationName: 'sales' });

  expect(await deploy({ integrationName: 'marketing' })).toMatchObject({
    status: 'UPDATE_COMPLETE',
    outputs: { IntegrationId: '101' },
  });

  expect(changes(sandbox.current)).toEqual(['POST /integrations', 'PUT /integrations/101']);
  expect([...sandbox.current.immuta.integrations.values()]).toMatchObject([
    { status: 'enabled', config: { name: expect.stringMatching(/^marketing-/) } },
  ]);
});

test('changes nothing in Immuta when only the removal policy changes', async () => {
  await deploy();

  expect(await deploy({ removalPolicy: RemovalPolicy.RETAIN })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  await sandbox.current.destroy(STACK_NAME);
  expect(leftovers(sandbox.current).integrations).toEqual([{ id: '101', status: 'enabled' }]);
});

test('restores the integration when Immuta rejects an update', async () => {
  await deploy({ integrationName: 'sales' });
  const before = structuredClone(sandbox.current.immuta.integrations.get('101'));
  sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', message: 'Integration 17 has it.' });

  const result = await deploy({ integrationName: 'taken' });

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure(result)).toContain('Integration 17 has it');
  expect(failure(result)).toContain('continue-update-rollback');
  expect(sandbox.current.immuta.integrations.get('101')).toMatchObject({ status: 'enabled', config: before!.config });
  expect(new Set(shortAnswers(sandbox.current).map((answer) => answer.split(' ')[1]))).toEqual(
    new Set(['immuta-s3-integration/101']),
  );
});

test('fails with a remedy when the integration is disabled, and continues after it is deleted', async () => {
  await deploy({ integrationName: 'sales' });
  const { immuta, aws } = sandbox.current;
  const record = immuta.integrations.get('101')!;
  record.status = 'disabled';

  const result = await deploy({ integrationName: 'marketing' });

  expect(result.status).toBe('UPDATE_ROLLBACK_FAILED');
  expect(failure(result)).toContain(
    "cannot update the integration: integration 101 is 'disabled'. " +
      'Delete it in Immuta, and its location in S3 Access Grants if it is still registered',
  );
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  immuta.integrations.delete('101');
  aws.accessGrants.deleteLocation(SANDBOX_ENV.account, SANDBOX_ENV.region, record.locationId!);
  expect(await sandbox.current.continueUpdateRollback(STACK_NAME)).toMatchObject({
    status: 'UPDATE_ROLLBACK_COMPLETE',
    outputs: { IntegrationId: '101' },
  });
  expect(immuta.integrations.get('102')).toMatchObject({
    status: 'enabled',
    config: { name: expect.stringMatching(/^sales-/) },
  });
});

test('fails when the integration is deleted during its update, and the rollback recreates it', async () => {
  await deploy({ integrationName: 'sales' });
  const { immuta, aws } = sandbox.current;
  immuta.faults.http({
    method: 'PUT',
    run: () => {
      aws.accessGrants.deleteLocation(
        SANDBOX_ENV.account,
        SANDBOX_ENV.region,
        immuta.integrations.get('101')!.locationId!,
      );
      immuta.integrations.delete('101');
    },
  });

  const result = await deploy({ integrationName: 'marketing' });

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure(result)).toContain('integration 101 was deleted while it was being updated');
  expect([...immuta.integrations.values()]).toMatchObject([
    { id: '102', status: 'enabled', config: { name: expect.stringMatching(/^sales-/) } },
  ]);
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

describe('another bucket', () => {
  const inBucket = (name: string) => lake(sandbox.current, {
    props: (stack: Stack) => ({ location: S3Location.bucket(Bucket.fromBucketName(stack, 'Other', name)) }),
  });

  test('replaces the integration when the bucket changes, and deletes the old one while its roles work', async () => {
    sandbox.current.aws.buckets.createBucket('hr-lake');
    await sandbox.current.deploy(inBucket('sales-lake'));

    expect(await sandbox.current.deploy(inBucket('hr-lake'))).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IntegrationId: '102' },
    });

    expect(changes(sandbox.current)).toEqual(['POST /integrations', 'POST /integrations', 'DELETE /integrations/101']);
    expect(locations(sandbox.current).map(({ scope }) => scope)).toEqual(['s3://hr-lake/']);
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('keeps the old integration when Immuta rejects another bucket', async () => {
    await sandbox.current.deploy(inBucket('sales-lake'));
    const before = leftovers(sandbox.current);

    const result = await sandbox.current.deploy(inBucket('no-such-bucket'));

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(/list prefixes' failed: NoSuchBucket/);
    expect(leftovers(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).not.toContainEqual(expect.stringContaining('DELETE'));
  });
});
