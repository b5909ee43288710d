import { App, Stack } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { leftovers, NOTHING, STACK_NAME, tenantIn, useSandbox } from './fixture';
import { ImmutaAuthentication, ImmutaS3Integration, S3Location } from '../../src';
import { SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

// an event that waits for its turn lives as long as CloudFormation waits for it

const sandbox = useSandbox();

/** A stack with so many integrations, each on a prefix of its own. */
function lakes(count: number, reservedConcurrency?: number): Stack {
  const stack = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
  const tenant = tenantIn(stack, sandbox.current);
  (tenant.handler.node.defaultChild as CfnFunction).reservedConcurrentExecutions = reservedConcurrency;
  const bucket = Bucket.fromBucketName(stack, 'Bucket', SANDBOX_BUCKET);
  for (let index = 1; index <= count; index++) {
    new ImmutaS3Integration(stack, `Lake${index}`, {
      tenant,
      location: S3Location.prefix(bucket, `lake-${index}/`),
      authentication: ImmutaAuthentication.assumeRole({
        principal: new ArnPrincipal(sandbox.current.immuta.identity.principal),
      }),
    });
  }
  return stack;
}

test.each([
  ['12 integrations in an account with 10 concurrent executions', 12, 10, undefined],
  ['2 integrations with a reserved concurrency of 1', 2, Infinity, 1],
])(
  'deploys and destroys %s when Immuta takes 6 minutes for each',
  async (_what, count, accountConcurrency, reservedConcurrency) => {
    sandbox.current.lambda.accountConcurrency = accountConcurrency;
    sandbox.current.immuta.switches.durations = { creating: 360_000, editing: 360_000, deleting: 360_000 };

    const { status } = await sandbox.current.deploy(lakes(count, reservedConcurrency));

    expect(status).toBe('CREATE_COMPLETE');
    expect(
      [...sandbox.current.immuta.integrations.values()].filter((record) => record.status === 'enabled'),
    ).toHaveLength(count);
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
    expect(sandbox.current.lambda.dropped).toEqual([]);
  },
);

test('carries out an event that has waited for 20 minutes', async () => {
  sandbox.current.lambda.throttled = true;
  sandbox.current.scheduler.after(20 * 60_000, () => {
    sandbox.current.lambda.throttled = false;
  });

  expect(await sandbox.current.deploy(lakes(1))).toMatchObject({ status: 'CREATE_COMPLETE' });
});
