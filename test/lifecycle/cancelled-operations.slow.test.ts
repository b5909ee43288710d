import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ContestedLake, deleteByHand, moment } from './cancellation';
import { changes, LOCATION_PATH, useSandbox } from './fixture';
import { arnOf, EVERYTHING, Roles } from './owners';
import { ImmutaAuthentication } from '../../src';

// another resource of the stack fails while ours is in progress, and CloudFormation cancels ours

const sandbox = useSandbox();
const record = (id = '101') => sandbox.current.immuta.integrations.get(id)!;
const writes = () => changes(sandbox.current).slice(1);

/** Lets the next PUT be answered 503, and another resource fail at that moment. */
function delayNextPut(retryAfterSeconds: number): Promise<void> {
  const { promise, comes } = moment();
  const answer = { status: 503, headers: { 'retry-after': String(retryAfterSeconds) }, body: { message: 'busy' } };
  sandbox.current.immuta.faults.http({ method: 'PUT', behaviour: 'answer', answer, run: comes });
  return promise;
}

describe('a cancelled Update', () => {
  test.each([0, 1, 2, 5, 12])(
    'creates nothing when an Update was cancelled after %d s and the integration destroyed',
    async (otherFails) => {
      const lake = await ContestedLake.start(sandbox.current);
      await lake.deploy();
      await lake.deploy((stack) => ({
        locationRole: iam.Role.fromRoleArn(stack, 'OtherRole', arnOf('other-location')),
      }));

      const cancelled = await lake.deploy({ integrationName: 'renamed' }, { otherFails });
      const destroyed = await lake.destroy();

      expect([cancelled.status, destroyed.status]).toEqual(['UPDATE_ROLLBACK_COMPLETE', 'DELETE_COMPLETE']);
      expect(await lake.left()).toEqual([]);
    },
  );

  test.each([30, 90])('writes nothing over a newer update when a cancelled one waits for %d s', async (seconds) => {
    const lake = await ContestedLake.start(sandbox.current);
    await lake.deploy();

    const cancelled = await lake.deploy({ integrationName: 'cancelled' }, { otherFails: delayNextPut(seconds) });
    const newer = await lake.deploy({ integrationName: 'newer' });

    expect([cancelled.status, newer.status]).toEqual(['UPDATE_ROLLBACK_COMPLETE', 'UPDATE_COMPLETE']);
    expect(await lake.left()).toEqual(['101 enabled', LOCATION_PATH]);
    expect(record().config.name).toMatch(/^newer-/);
    expect(writes()).toHaveLength(2); // the one that was answered 503, and the newer one
  });

  test.each([3, 30, 90])(
    'gives Immuta no access key that the rollback deletes when a cancelled Update writes %d s later',
    async (seconds) => {
      const { aws } = sandbox.current;
      const lake = await ContestedLake.start(sandbox.current);
      aws.iam.createUser({ userName: 'immuta-user' });
      aws.iam.putUserPolicy('immuta-user', 'everything', EVERYTHING);
      const given = aws.iam.createAccessKey('immuta-user');
      aws.secrets.createSecret('immuta/access-key', JSON.stringify(given));
      await lake.deploy((stack) => ({
        authentication: ImmutaAuthentication.accessKeySecret({
          user: iam.User.fromUserName(stack, 'User', 'immuta-user'),
          secret: Secret.fromSecretNameV2(stack, 'Keys', 'immuta/access-key'),
        }),
      }));

      const cancelled = await lake.deploy(
        { authentication: ImmutaAuthentication.managedAccessKey({}) },
        { otherFails: delayNextPut(seconds) },
      );

      expect(cancelled.status).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(await lake.left()).toEqual(['101 enabled', LOCATION_PATH]);
      expect(record().config.awsAccessKeyId).toBe(given.accessKeyId);
      expect(aws.iam.accessKeyIds).toEqual([given.accessKeyId]);
    },
  );

  test.each([1, 3, 5, 8, 15])('rolls back successfully when a cancelled Update writes %d s later', async (seconds) => {
    const lake = await ContestedLake.start(sandbox.current);
    await lake.deploy({ integrationName: 'before', revision: '1' });

    const cancelled = await lake.deploy(
      { integrationName: 'after', revision: '2' },
      { otherFails: delayNextPut(seconds) },
    );

    expect(cancelled.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await lake.left()).toEqual(['101 enabled', LOCATION_PATH]);
    expect(record().config.name).toMatch(/^before-/);
  });
});

describe('without a rollback', () => {
  const ROLES: Roles[] = ['generated', 'given', 'given-immutable'];
  const ORDERS = ['delete-first', 'create-first'] as const;

  test.each(ROLES.flatMap((roles) => ORDERS.map((order) => [roles, order] as const)))(
    'keeps the next integration when what a cancelled Create left is deleted by hand (%s roles, %s)',
    async (roles, order) => {
      sandbox.current.cloudFormation.retryOrder = order;
      const lake = await ContestedLake.start(sandbox.current, roles);
      const posted = moment();
      sandbox.current.immuta.faults.http({ method: 'POST', run: posted.comes });
      const cancelled = await lake.deploy({}, { otherFails: posted.promise, disableRollback: true });
      expect(cancelled.status).toBe('CREATE_FAILED');
      await sandbox.current.scheduler.idle();
      await deleteByHand(sandbox.current, '101');

      const next = await lake.deploy({}, { disableRollback: true });

      expect(next.status).toBe('UPDATE_COMPLETE');
      expect(await lake.left()).toEqual([`${next.outputs.IntegrationId} enabled`, LOCATION_PATH]);
      await lake.destroy();
      expect(await lake.left()).toEqual([]);
    },
  );
});

describe('a Create that Lambda delivers after the next deployment began', () => {
  test.each(['delete-first', 'create-first'] as const)(
    'leaves no integration when a Create is delivered in the next deployment (%s)',
    async (order) => {
      const { cloudFormation, lambda, scheduler } = sandbox.current;
      cloudFormation.retryOrder = order;
      const lake = await ContestedLake.start(sandbox.current);
      lambda.throttled = true;
      scheduler.after(200_000, () => {
        lambda.throttled = false;
      });
      const cancelled = await lake.deploy({}, { otherFails: 5, disableRollback: true });

      const next = await lake.deploy();

      expect([cancelled.status, next.status]).toEqual(['CREATE_FAILED', 'UPDATE_COMPLETE']);
      expect(await lake.left()).toEqual([`${next.outputs.IntegrationId} enabled`, LOCATION_PATH]);
      await lake.destroy();
      expect(await lake.left()).toEqual([]);
    },
  );
});

describe('an integration that its policy retains', () => {
  const RETAIN = { removalPolicy: RemovalPolicy.RETAIN };

  test('keeps a retained integration when a second run of its Create ends later', async () => {
    const { immuta, lambda } = sandbox.current;
    const lake = await ContestedLake.start(sandbox.current);
    immuta.switches.durations.creating = 70_000;
    lambda.deliveries = [0, 12_000]; // so the second run reads 12 seconds later, each time
    await lake.deploy(RETAIN);
    lambda.deliveries = [0];

    await lake.remove();
    const again = await lake.deploy(RETAIN);

    expect(again.status).toBe('UPDATE_ROLLBACK_COMPLETE'); // the location is taken
    expect(await lake.left()).toEqual(['101 enabled', LOCATION_PATH]);
    expect(immuta.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  test('deletes what a cancelled Create created when it responds in that moment and retains', async () => {
    const lake = await ContestedLake.start(sandbox.current);
    const responding = moment();
    const { responses } = sandbox.current;
    const receive = responses.receive.bind(responses);
    responses.receive = (request) => {
      responding.comes();
      return receive(request);
    };
    responses.refuse = 1; // the first attempt does not arrive, and the second one is too late

    const cancelled = await lake.deploy(RETAIN, { otherFails: responding.promise });

    expect(cancelled.status).toBe('ROLLBACK_COMPLETE');
    expect(await lake.left()).toEqual([]);
  });

  test.each(['generated', 'given', 'given-immutable'] as const)(
    'deletes what a cancelled Create created before the next deployment when its policy retains (%s roles)',
    async (roles) => {
      const { cloudFormation, responses } = sandbox.current;
      cloudFormation.retryOrder = 'delete-first';
      const lake = await ContestedLake.start(sandbox.current, roles);
      const responding = moment();
      const receive = responses.receive.bind(responses);
      responses.receive = (request) => {
        responding.comes();
        return receive(request);
      };
      responses.refuse = 1; // the first attempt does not arrive, and the second one comes in the next deployment
      const cancelled = await lake.deploy(RETAIN, { otherFails: responding.promise, disableRollback: true });

      const next = await lake.deploy(RETAIN, { disableRollback: true });

      expect([cancelled.status, next.status]).toEqual(['CREATE_FAILED', 'UPDATE_COMPLETE']);
      expect(await lake.left()).toEqual([`${next.outputs.IntegrationId} enabled`, LOCATION_PATH]);
      await lake.remove();
      expect(await lake.left()).toEqual([`${next.outputs.IntegrationId} enabled`, LOCATION_PATH]);
    },
  );
});

describe('an event that runs again after it was answered', () => {
  test.each([
    ['a Create', {}],
    ['an Update', { integrationName: 'renamed' }],
  ])('creates nothing when an answered event runs again after a destroy: %s', async (_what, props) => {
    const lake = await ContestedLake.start(sandbox.current);
    const isUpdate = Object.keys(props).length > 0;
    if (isUpdate) await lake.deploy();
    // killed after CloudFormation has its answer: Lambda runs the event again, a minute later
    sandbox.current.lambda.crashes.push(/"step":"responded"/);

    const deployed = await lake.deploy(props);
    const destroyed = await lake.destroy();

    expect([deployed.status, destroyed.status]).toEqual([
      isUpdate ? 'UPDATE_COMPLETE' : 'CREATE_COMPLETE',
      'DELETE_COMPLETE',
    ]);
    expect(await lake.left()).toEqual([]);
    expect(sandbox.current.lambda.invocations.filter(({ attempt }) => attempt > 1)).toHaveLength(1);
  });
});

describe('a handler that cannot ask CloudFormation', () => {
  test.each(['denied', 'unreachable'] as const)('works and warns once when CloudFormation is %s', async (describe) => {
    sandbox.current.cloudFormation.describe = describe;
    const lake = await ContestedLake.start(sandbox.current);

    expect(await lake.deploy()).toMatchObject({ status: 'CREATE_COMPLETE' });

    const warnings = sandbox.current.lambda.invocations.map(
      ({ output }) => output.match(/"level":"warn".*cloudformation/gi)?.length ?? 0,
    );
    expect(warnings).toEqual([1]);
    expect(await lake.destroy()).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(await lake.left()).toEqual([]);
  });
});
