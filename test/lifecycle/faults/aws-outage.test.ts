import { carryOut, GOOD, leftovers, NOTHING, useSandbox } from './fixture';
import { AwsError } from '../../sandbox/aws';

// of each service, for each operation: test/handler/integration/network.test.ts
const sandbox = useSandbox();

/** Nobody is served for so many virtual seconds from the next request of the handler on; the same again with each call of what it returns. */
function breakDown(service: string, error: AwsError, seconds: number): () => void {
  const { aws, clock } = sandbox.current;
  let endsAt: number | undefined;
  aws.route(service, async (request, next) => {
    endsAt ??= clock.now() + seconds * 1000;
    if (clock.now() < endsAt) throw error;
    return next(request);
  });
  return () => { endsAt = undefined; };
}

test('S3 Access Grants is out of order for a minute: nobody notices', async () => {
  const again = breakDown('s3-control', new AwsError(503, 'SlowDown', 'Reduce your request rate.'), 60);
  for (const operation of ['Create', 'Update', 'Delete'] as const) {
    again();

    expect(await carryOut(sandbox.current, operation)).toEqual(GOOD[operation]);
  }
});

test('Secrets Manager is out of order for ever: the deployment fails in minutes, says why and leaves nothing', async () => {
  const start = sandbox.current.clock.now();
  breakDown('secretsmanager', new AwsError(500, 'InternalServiceError', 'Try later.'), Infinity);

  expect(await carryOut(sandbox.current, 'Create')).toEqual({
    immuta: [], answers: ['FAILED none', 'SUCCESS none'], stack: 'ROLLBACK_COMPLETE', reason: expect.stringMatching(/the secret '.*' cannot be read: Try later/),
  });

  expect(sandbox.current.responses.answers[0].at - start).toBeLessThan(4 * 60_000);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
