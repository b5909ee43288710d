import { carryOut, GOOD, leftovers, NOTHING, prepare, useSandbox } from './fixture';
import { AwsError } from '../../sandbox/aws';

const sandbox = useSandbox();

const SERVICES = [
  { name: 'Secrets Manager', service: 'secretsmanager', error: new AwsError(500, 'InternalServiceError', 'Try later.'), reason: /the secret '.*' cannot be read: Try later/ },
  { name: 'S3 Access Grants', service: 's3-control', error: new AwsError(503, 'SlowDown', 'Reduce your request rate.'), reason: /the locations of S3 Access Grants in account .* cannot be listed: Reduce your request rate/ },
];

/** Nobody is served for so many virtual seconds from the first request of the handler on. */
function breakDown({ service, error }: typeof SERVICES[number], seconds: number): void {
  const { aws, clock } = sandbox.current;
  let endsAt: number | undefined;
  aws.route(service, async (request, next) => {
    endsAt ??= clock.now() + seconds * 1000;
    if (clock.now() < endsAt) throw error;
    return next(request);
  });
}

describe.each(SERVICES)('$name is out of order', (service) => {
  test.each(['Create', 'Update', 'Delete'] as const)('for a minute: nobody who waits for a %s notices', async (operation) => {
    await prepare(sandbox.current, operation);
    breakDown(service, 60);

    expect(await carryOut(sandbox.current, operation)).toEqual(GOOD[operation]);
  });

  test('for ever: the deployment fails in minutes, says why and leaves nothing', async () => {
    const start = sandbox.current.clock.now();
    breakDown(service, Infinity);

    expect(await carryOut(sandbox.current, 'Create')).toEqual({
      immuta: [], answers: ['FAILED none', 'SUCCESS none'], stack: 'ROLLBACK_COMPLETE', reason: expect.stringMatching(service.reason),
    });

    expect(sandbox.current.responses.answers[0].at - start).toBeLessThan(4 * 60_000);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});
