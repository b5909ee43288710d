import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  changes, deployTenant, failure, INTEGRATION_TYPE, lake, leftovers, NOTHING, shortAnswers, STACK_NAME, useSandbox,
} from './fixture';

const MINUTE = 60_000;
const sandbox = useSandbox();

describe('a transition that takes long', () => {
  test('fails with the last status when creating exceeds the timeout, and the rollback waits to delete', async () => {
    sandbox.current.immuta.switches.durations.creating = 40 * MINUTE;
    const start = sandbox.current.clock.now();

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(
      new RegExp(
        String.raw`timed out after 30 minutes .*\(last status: integration 101 is 'creating'\)\. .*increase ` +
          String.raw`'timeout' if it only needs more time`,
      ),
    );
    const [failedAt] = sandbox.current.responses.answers.map(({ at }) => at - start);
    expect(failedAt).toBeGreaterThan(29 * MINUTE);
    expect(failedAt).toBeLessThan(31 * MINUTE);
    expect(shortAnswers(sandbox.current)).toEqual([
      'FAILED immuta-s3-integration/101',
      'SUCCESS immuta-s3-integration/101',
    ]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test("ends the longest timeout within Lambda's recursion limit and before CloudFormation times out", async () => {
    sandbox.current.immuta.switches.durations.creating = 49 * MINUTE;

    const { status } = await sandbox.current.deploy(
      lake(sandbox.current, { props: () => ({ timeout: Duration.minutes(50) }) }),
    );

    expect(status).toBe('CREATE_COMPLETE');
    expect(sandbox.current.lambda.dropped).toEqual([]);
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  });

  test('deletes an integration when that takes longer than one run of the function', async () => {
    sandbox.current.immuta.switches.durations.deleting = 25 * MINUTE;
    await sandbox.current.deploy(lake(sandbox.current));

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(shortAnswers(sandbox.current)).toEqual(Array(2).fill('SUCCESS immuta-s3-integration/101'));
    expect(changes(sandbox.current).filter((change) => change.startsWith('DELETE'))).not.toEqual([]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('fails with the last status when a deletion exceeds the timeout, and succeeds at the next try', async () => {
    sandbox.current.immuta.switches.durations.deleting = 45 * MINUTE;
    await sandbox.current.deploy(lake(sandbox.current));

    const result = await sandbox.current.destroy(STACK_NAME);

    expect(result.status).toBe('DELETE_FAILED');
    expect(failure(result)).toMatch(/last status: integration 101 is 'deleting'/);
    expect(leftovers(sandbox.current).integrations).toEqual([{ id: '101', status: 'deleting' }]);
    expect(shortAnswers(sandbox.current)).toEqual([
      'SUCCESS immuta-s3-integration/101',
      'FAILED immuta-s3-integration/101',
    ]);
    // What Immuta still needs is kept.
    expect(leftovers(sandbox.current).roles).toHaveLength(3);
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('fails the stack in less than an hour when the function cannot start', async () => {
    sandbox.current.lambda.throttled = true;
    const start = sandbox.current.clock.now();

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(failure(result)).toMatch(/did not receive a response/);
    const [failed] = result.events.filter(({ status }) => status === 'CREATE_FAILED');
    expect(failed.timestamp - start).toBeLessThan(40 * MINUTE);
    // Its event is too old by then and must not run any more.
    expect(sandbox.current.lambda.dropped[0]).toMatchObject({
      event: { RequestType: 'Create' },
      reason: 'older than the maximum event age',
    });
    expect(changes(sandbox.current)).toEqual([]);
  });
});

describe('a Create that is cancelled', () => {
  /** Deploys a stack whose other bucket fails after some seconds, which cancels the Create of the integration. */
  async function deployWithFailingOtherResource(afterSeconds: number) {
    // The tenant's function outlives the stack, so a Create can continue.
    const tenant = await deployTenant(sandbox.current);
    sandbox.current.cloudFormation.faults.push({
      logicalId: /^OtherResource/,
      action: 'create',
      afterSeconds,
      reason: 'no bucket today',
    });
    const withOtherResource = (stack: Stack) =>
      void new Bucket(stack, 'OtherResource', { removalPolicy: RemovalPolicy.DESTROY });
    return sandbox.current.deploy(lake(sandbox.current, { tenant, and: withOtherResource }));
  }

  test.each([
    ['before it has posted', { propagationSeconds: 60, failsAfter: 20, met: 'nothing' }],
    ['while Immuta creates the integration', { propagationSeconds: 0, failsAfter: 12, met: 'creating' }],
    ['when it has just become enabled', { propagationSeconds: 0, failsAfter: 26, met: 'enabled' }],
  ])('leaves nothing when a Create is cancelled %s', async (_when, { propagationSeconds, failsAfter, met }) => {
    const tenant = { roles: 1 };
    sandbox.current.aws.iam.propagationMs = propagationSeconds * 1000;
    // The function reads every two seconds, so it sees a second later that the integration is enabled.
    sandbox.current.immuta.switches.durations.creating = 21_000;

    const { immuta, lambda, responses } = sandbox.current;
    let found: string | undefined;
    const look = () => {
      found ??= lambda.invocations.some(({ event }) => event.RequestType === 'Delete')
        ? (immuta.integrations.get('101')?.status ?? 'nothing')
        : undefined;
    };
    immuta.faults.http({ method: 'GET', path: /integrations$/, times: Infinity, run: look });

    const { status, events } = await deployWithFailingOtherResource(failsAfter);

    expect(status).toBe('ROLLBACK_COMPLETE');
    expect(found).toBe(met);
    const deletion = responses.answers
      .map(({ body }) => JSON.parse(body))
      .find(({ PhysicalResourceId }) => PhysicalResourceId.startsWith('Lake-SalesLake'));
    expect(deletion).toMatchObject({ Status: 'SUCCESS' });
    const cancelled = events.find(({ type, status: was }) => type === INTEGRATION_TYPE && was === 'CREATE_FAILED');
    expect(cancelled).toMatchObject({
      reason: 'Resource creation cancelled',
      physicalId: expect.stringMatching(/^Lake-SalesLake/),
    });
    expect(changes(sandbox.current)).toContain('POST /integrations');
    expect(changes(sandbox.current)).toContain('DELETE /integrations/101');
    const left = leftovers(sandbox.current);
    expect(left).toMatchObject({ integrations: [], locations: [], instance: undefined });
    expect(left.roles).toHaveLength(tenant.roles);
  });

  test('creates nothing when the Create is delivered only after the rollback', async () => {
    sandbox.current.lambda.deliveries = [200_000];

    const { status } = await deployWithFailingOtherResource(15);

    expect(status).toBe('ROLLBACK_COMPLETE');
    expect(sandbox.current.lambda.invocations.map(({ event }) => event.RequestType)).toEqual(
      expect.arrayContaining(['Create', 'Delete']),
    );
    expect(changes(sandbox.current)).toEqual([]);
  });
});
