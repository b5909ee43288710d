import { changes, failure, lake, leftovers, locations, shortAnswers, useSandbox } from './fixture';
import { expectNothingLeftWithoutFaults, state } from './owners';
import { ImmutaS3IntegrationProps } from '../../src';
import { StackResult } from '../sandbox/cloudformation';
import { DEFAULT_API_KEY } from '../sandbox/immuta';
import { SANDBOX_API_KEY_SECRET } from '../sandbox/sandbox';

const sandbox = useSandbox();

type Props = Partial<ImmutaS3IntegrationProps>;

const attempt = (props: Props = {}): Promise<StackResult> =>
  sandbox.current.deploy(lake(sandbox.current, { props: () => props }), { disableRollback: true });

const ORDERS = ['delete-first', 'create-first'] as const;
const FAILURES: [string, () => void, string][] = [
  [
    'is refused',
    () => {
      const answer = { status: 400, body: { message: 'S3 integrations are not enabled.' } };
      sandbox.current.immuta.faults.http({ method: 'POST', behaviour: 'answer', answer });
    },
    'none',
  ],
  [
    'ends in createError',
    () => sandbox.current.immuta.faults.validation({ test: 2, on: 'create', asynchronously: true }),
    '101',
  ],
  [
    'finds the API key rejected',
    () => sandbox.current.aws.secrets.putSecretValue(SANDBOX_API_KEY_SECRET, 'a-key-that-was-revoked'),
    'none',
  ],
];

test.each(ORDERS.flatMap((order) => FAILURES.map(([what, fail, id]) => [what, order, fail, id] as const)))(
  'succeeds with a second Create without rollback when the first %s, %s', async (_, order, fail, id) => {
    sandbox.current.cloudFormation.retryOrder = order;
    fail();
    expect(await attempt()).toMatchObject({ status: 'CREATE_FAILED' });
    expect(shortAnswers(sandbox.current)).toEqual([`FAILED immuta-s3-integration/${id}`]);
    sandbox.current.aws.secrets.putSecretValue(SANDBOX_API_KEY_SECRET, DEFAULT_API_KEY);

    const result = await attempt();

    expect(result.status).toBe('UPDATE_COMPLETE');
    expect(leftovers(sandbox.current).integrations).toEqual([
      { id: result.outputs.IntegrationId, status: 'enabled' },
    ]);
    expect(locations(sandbox.current)).toHaveLength(1);
    const [, ...answers] = shortAnswers(sandbox.current);
    const expected = [
      `SUCCESS immuta-s3-integration/${id}`,
      `SUCCESS immuta-s3-integration/${result.outputs.IntegrationId}`,
    ];
    expect(answers).toEqual(order === 'delete-first' ? expected : expected.reverse());
    await expectNothingLeftWithoutFaults(sandbox.current);
  });

test.each([
  ['delete-first', 'UPDATE_COMPLETE', ['102']],
  ['create-first', 'UPDATE_FAILED', ['101']],
] as const)(
  'ends with one owned integration when Immuta finishes the first Create after its time-out, %s',
  async (order, status, left) => {
    sandbox.current.cloudFormation.retryOrder = order;
    sandbox.current.immuta.switches.durations.creating = 40 * 60_000;
    expect(failure(await attempt())).toMatch(
      /timed out after 30 minutes .*\(last status: integration 101 is 'creating'\)/,
    );
    sandbox.current.clock.advance(15 * 60_000);
    await sandbox.current.clock.settled();
    sandbox.current.immuta.switches.durations.creating = 20_000;

    const result = await attempt();

    expect(result.status).toBe(status);
    expect(leftovers(sandbox.current).integrations.map(({ id }) => id)).toEqual(left);
    await expectNothingLeftWithoutFaults(sandbox.current);
  },
);

test('restores the integration when an update fails, and the next update succeeds', async () => {
  await attempt({ integrationName: 'sales' });
  const before = state(sandbox.current);
  sandbox.current.immuta.faults.validation({ test: 2, on: 'edit' });

  expect(await attempt({ integrationName: 'taken' })).toMatchObject({ status: 'UPDATE_FAILED' });
  expect(state(sandbox.current)).toEqual(before);
  expect(await attempt({ integrationName: 'marketing' })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(sandbox.current.immuta.integrations.get('101')).toMatchObject({
    status: 'enabled',
    config: { name: expect.stringMatching(/^marketing-/) },
  });
  expect(changes(sandbox.current).slice(1)).toEqual(Array(2).fill('PUT /integrations/101'));
  await expectNothingLeftWithoutFaults(sandbox.current);
});
