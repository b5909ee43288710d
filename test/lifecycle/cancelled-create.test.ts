import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { changes, deployTenant, INTEGRATION_TYPE, lake, leftovers, useSandbox } from './fixture';

const sandbox = useSandbox();

/** A stack whose neighbouring bucket fails after so many seconds, which cancels the integration's Create. */
async function deployWithFailingNeighbour(afterSeconds: number) {
  // the tenant's function outlives the stack, so that a Create may go on for as long as it likes
  const tenant = await deployTenant(sandbox.current);
  sandbox.current.cloudFormation.faults.push({ logicalId: /^Neighbour/, action: 'create', afterSeconds, reason: 'no bucket today' });
  const neighbour = (stack: Stack) => void new Bucket(stack, 'Neighbour', { removalPolicy: RemovalPolicy.DESTROY });
  return sandbox.current.deploy(lake(sandbox.current, { tenant, and: neighbour }));
}

test.each([
  ['before it has posted', { propagationSeconds: 60, failsAfter: 20, met: 'nothing' }],
  ['while Immuta creates the integration', { propagationSeconds: 0, failsAfter: 12, met: 'creating' }],
  ['when it has just become enabled', { propagationSeconds: 0, failsAfter: 29, met: 'enabled' }],
])('a Create that is cancelled %s leaves nothing', async (_when, { propagationSeconds, failsAfter, met }) => {
  const tenant = { roles: 1 };
  sandbox.current.aws.iam.propagationMs = propagationSeconds * 1000;

  const { immuta, lambda, responses } = sandbox.current;
  let found: string | undefined;
  const look = () => { found ??= lambda.invocations.some(({ event }) => event.RequestType === 'Delete') ? immuta.integrations.get('101')?.status ?? 'nothing' : undefined; };
  immuta.faults.http({ method: 'GET', path: /integrations$/, times: Infinity, run: look });

  const { status, events } = await deployWithFailingNeighbour(failsAfter);

  expect(status).toBe('ROLLBACK_COMPLETE');
  expect(found).toBe(met);
  const deletion = responses.answers.map(({ body }) => JSON.parse(body)).find(({ PhysicalResourceId }) => PhysicalResourceId.startsWith('Lake-SalesLake'));
  expect(deletion).toMatchObject({ Status: 'SUCCESS' });
  const cancelled = events.find(({ type, status: was }) => type === INTEGRATION_TYPE && was === 'CREATE_FAILED');
  expect(cancelled).toMatchObject({ reason: 'Resource creation cancelled', physicalId: expect.stringMatching(/^Lake-SalesLake/) });
  expect(changes(sandbox.current)).toContain('POST /integrations');
  expect(changes(sandbox.current)).toContain('DELETE /integrations/101');
  const left = leftovers(sandbox.current);
  expect(left).toMatchObject({ integrations: [], locations: [], instance: undefined });
  expect(left.roles).toHaveLength(tenant.roles);
});

test('a Create that comes only after the rollback makes nothing', async () => {
  sandbox.current.lambda.deliveries = [200_000];

  const { status } = await deployWithFailingNeighbour(15);

  expect(status).toBe('ROLLBACK_COMPLETE');
  expect(sandbox.current.lambda.invocations.map(({ event }) => event.RequestType)).toEqual(expect.arrayContaining(['Create', 'Delete']));
  expect(changes(sandbox.current)).toEqual([]);
});
