import { Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { changes, failure, lake, leftovers, locations, shortAnswers, STACK_NAME, useSandbox } from './fixture';
import { createRoles, expectNothingLeftWithoutFaults, state, withOtherResource } from './owners';
import { ImmutaAuthentication, ImmutaS3IntegrationProps, S3Location } from '../../src';
import { DEFAULT_API_KEY } from '../sandbox/immuta';
import { SANDBOX_API_KEY_SECRET, SANDBOX_ENV } from '../sandbox/sandbox';

// without a rollback: no-rollback.slow.test.ts
const sandbox = useSandbox();

type Props = Partial<ImmutaS3IntegrationProps> | ((stack: Stack) => Partial<ImmutaS3IntegrationProps>);

const stackWith = (props: Props = {}, and?: (stack: Stack) => void) =>
  lake(sandbox.current, { props: (stack) => (typeof props === 'function' ? props(stack) : props), and });
const deploy = (props?: Props, and?: (stack: Stack) => void) => sandbox.current.deploy(stackWith(props, and));
const record = (id = '101') => sandbox.current.immuta.integrations.get(id)!;
/** The requests to change something, since the first deployment. */
const updates = () => changes(sandbox.current).slice(1);

function failOtherResource(afterSeconds: number): void {
  sandbox.current.cloudFormation.faults.push({
    logicalId: /^OtherResource/,
    action: 'create',
    afterSeconds,
    reason: 'no bucket today',
  });
}

describe('an update', () => {
  test('rolls back an update without a request when it ends in editError: Immuta has rolled back itself', async () => {
    await deploy({ integrationName: 'sales' });
    const { config } = structuredClone(record());
    sandbox.current.immuta.faults.validation({
      test: 2,
      on: 'edit',
      asynchronously: true,
      message: 'Integration 17 has it.',
    });

    const result = await deploy({ integrationName: 'taken' });

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(
      new RegExp(
        String.raw`Immuta did not update the integration: integration 101 is 'editError'; .*Integration 17 has ` +
          String.raw`it.*Immuta has restored the previous configuration.*\[UPDATE_FAILED\]`,
      ),
    );
    expect(record()).toMatchObject({ status: 'editError', config });
    expect(updates()).toEqual(['PUT /integrations/101']);
    expect(shortAnswers(sandbox.current).slice(1)).toEqual([
      'FAILED immuta-s3-integration/101',
      'SUCCESS immuta-s3-integration/101',
    ]);

    expect(await deploy({ integrationName: 'marketing' })).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(record()).toMatchObject({ status: 'enabled', config: { name: expect.stringMatching(/^marketing-/) } });
    await expectNothingLeftWithoutFaults(sandbox.current);
  });

  test('sends the old authentication again when a change of it ends in editError', async () => {
    createRoles(sandbox.current, 'elsewhere', 'immuta-manager');
    await deploy();
    const { config } = structuredClone(record());
    sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', asynchronously: true });

    const result = await deploy((stack) => ({
      authentication: ImmutaAuthentication.existingRole(Role.fromRoleName(stack, 'Manager', 'immuta-manager')),
    }));

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(record()).toMatchObject({ status: 'enabled', config });
    expect(updates()).toEqual(Array(2).fill('PUT /integrations/101'));
  });

  test('rolls back a successful update when another resource fails', async () => {
    await deploy({ integrationName: 'sales' });
    const before = state(sandbox.current);
    failOtherResource(120);

    const result = await deploy({ integrationName: 'marketing' }, withOtherResource);

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(state(sandbox.current)).toEqual(before);
    expect(updates()).toEqual(Array(2).fill('PUT /integrations/101'));
    expect(shortAnswers(sandbox.current)).toEqual(Array(3).fill('SUCCESS immuta-s3-integration/101'));
    await expectNothingLeftWithoutFaults(sandbox.current);
  });

  test('rolls back an update that is cancelled while Immuta edits', async () => {
    await deploy({ integrationName: 'sales' });
    const before = state(sandbox.current);
    sandbox.current.immuta.switches.durations.editing = 60_000;
    failOtherResource(10);

    const result = await deploy({ integrationName: 'marketing' }, withOtherResource);

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failure(result)).toBe('Resource update cancelled');
    expect(state(sandbox.current)).toEqual(before);
    await expectNothingLeftWithoutFaults(sandbox.current);
  });

  test('recreates a deleted integration in the rollback when the update cannot recreate it', async () => {
    await deploy({ integrationName: 'sales' });
    sandbox.current.immuta.integrations.delete('101');
    locations(sandbox.current).forEach(({ id }) =>
      sandbox.current.aws.accessGrants.deleteLocation(SANDBOX_ENV.account, SANDBOX_ENV.region, id),
    );
    sandbox.current.immuta.faults.validation({ test: 2, on: 'create', asynchronously: true });

    const result = await deploy({ integrationName: 'taken' });

    expect(result).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE', outputs: { IntegrationId: '101' } });
    expect(failure(result)).toMatch(/Immuta did not create the integration: integration 102 is 'createError'/);
    expect(updates()).toEqual(['POST /integrations', 'DELETE /integrations/102', 'POST /integrations']);
    expect([...sandbox.current.immuta.integrations.values()]).toMatchObject([
      { id: '103', status: 'enabled', config: { name: expect.stringMatching(/^sales-/) } },
    ]);
    await expectNothingLeftWithoutFaults(sandbox.current);
  });
});

describe('a replacement', () => {
  const inBucket =
    (name: string): Props =>
      (stack) => ({ location: S3Location.bucket(Bucket.fromBucketName(stack, `Bucket-${name}`, name)) });
  beforeEach(() => { sandbox.current.aws.buckets.createBucket('hr-lake'); });

  test.each([
    ['before the new one is asked for', 3, undefined],
    ['while Immuta makes the new one', 12, /^SUCCESS Lake-SalesLake/],
    ['after the new one was made', 120, /^SUCCESS immuta-s3-integration\/102$/],
  ])('keeps the old integration when another resource fails %s its replacement', async (_, afterSeconds, deletion) => {
    await deploy(inBucket('sales-lake'));
    const before = [leftovers(sandbox.current), state(sandbox.current)];
    failOtherResource(afterSeconds);

    const result = await deploy(inBucket('hr-lake'), withOtherResource);

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect([leftovers(sandbox.current), state(sandbox.current)]).toEqual(before);
    expect(changes(sandbox.current)).not.toContain('DELETE /integrations/101');
    const deletions = sandbox.current.lambda.invocations
      .filter(({ event }) => event.RequestType === 'Delete')
      .map(({ event }) => event.PhysicalResourceId);
    expect(deletions.map((id) => `SUCCESS ${id}`)).toEqual(deletion ? [expect.stringMatching(deletion)] : []);
    deletions.forEach((id) => expect(shortAnswers(sandbox.current)).toContain(`SUCCESS ${id}`));
    await expectNothingLeftWithoutFaults(sandbox.current);
  });

  test('keeps the old integration when a replacement ends in createError, and then succeeds', async () => {
    await deploy(inBucket('sales-lake'));
    const before = state(sandbox.current);
    sandbox.current.immuta.faults.validation({ test: 1, on: 'create', asynchronously: true });

    const result = await deploy(inBucket('hr-lake'));

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(/integration 102 is 'createError'/);
    expect(state(sandbox.current)).toEqual(before);
    expect(updates()).toEqual(['POST /integrations', 'DELETE /integrations/102']);

    expect(await deploy(inBucket('hr-lake'))).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IntegrationId: '103' },
    });
    expect([...sandbox.current.immuta.integrations.keys()]).toEqual(['103']);
    await expectNothingLeftWithoutFaults(sandbox.current);
  });
});

describe('a rollback that fails', () => {
  const next = () => sandbox.current.continueUpdateRollback(STACK_NAME);

  test('continues a failed rollback when the secret holds a working API key again', async () => {
    await deploy({ integrationName: 'sales' });
    const before = state(sandbox.current);
    sandbox.current.aws.secrets.putSecretValue(SANDBOX_API_KEY_SECRET, 'a-key-that-was-revoked');

    const result = await deploy({ integrationName: 'marketing' });

    expect(result.status).toBe('UPDATE_ROLLBACK_FAILED');
    expect(failure(result)).toMatch(
      /Immuta answered 401 .* Store an API key of this tenant .* continue-update-rollback --stack-name Lake/,
    );
    expect(await next()).toMatchObject({ status: 'UPDATE_ROLLBACK_FAILED' });
    sandbox.current.aws.secrets.putSecretValue(SANDBOX_API_KEY_SECRET, DEFAULT_API_KEY);
    expect(await next()).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE', outputs: { IntegrationId: '101' } });

    expect(updates()).toEqual([]);
    expect(state(sandbox.current)).toEqual(before);
    expect(shortAnswers(sandbox.current).slice(1)).toEqual([
      ...Array(3).fill('FAILED immuta-s3-integration/101'),
      'SUCCESS immuta-s3-integration/101',
    ]);
    await expectNothingLeftWithoutFaults(sandbox.current);
  });

  test('continues a failed rollback when an outage is over', async () => {
    await deploy({ integrationName: 'sales' });
    const before = state(sandbox.current);
    await sandbox.current.immuta.stop();

    const result = await deploy({ integrationName: 'marketing' });

    expect(result.status).toBe('UPDATE_ROLLBACK_FAILED');
    expect(failure(result)).toMatch(/no answer from Immuta at .*ECONNREFUSED.*continue-update-rollback/);
    await sandbox.current.immuta.listen();
    expect(await next()).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });
    expect(state(sandbox.current)).toEqual(before);
    await expectNothingLeftWithoutFaults(sandbox.current);
  });

  test('rolls back an update when an outage that began after it is over', async () => {
    await deploy({ integrationName: 'sales' });
    const before = state(sandbox.current);
    const { faults } = sandbox.current.immuta;
    faults.http({
      method: 'PUT',
      run: () =>
        faults.http({ method: 'GET', behaviour: 'answer', answer: { status: 503, body: 'down' }, times: Infinity }),
    });

    const result = await deploy({ integrationName: 'marketing' });

    expect(result.status).toBe('UPDATE_ROLLBACK_FAILED');
    expect(failure(result)).toContain('and Immuta answered 503 to GET /integrations/101: down');
    faults.clear();
    expect(await next()).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });
    expect(updates()).toEqual(Array(2).fill('PUT /integrations/101'));
    expect(state(sandbox.current)).toEqual(before);
    await expectNothingLeftWithoutFaults(sandbox.current);
  });
});
