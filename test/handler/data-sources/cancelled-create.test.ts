import { describeDataSources, send } from '../support/data-sources';
import { API_KEY, HandlerSandbox } from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

const MINUTE = 60_000;
const INVENTED = 'Lake-Curated-1A2B3C4D5E6F';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
  describeStack(sandbox, 'UPDATE_IN_PROGRESS', '', { resourceStatus: 'CREATE_IN_PROGRESS', changedAfterMs: 2_000 });
});
afterEach(() => sandbox.close());

const add = (name: string, prefix: string, more = {}) =>
  sandbox.immuta.dataSources.add({ name, prefix, owner: API_KEY, ...more });
const states = () => describeDataSources(sandbox).map((each) => each.split(' ').at(-1));

/** Lets something happen when Immuta receives the POST. */
const onPost = (run: () => unknown, behaviour: 'normal' | 'reset' = 'normal') =>
  sandbox.immuta.faults.http({ method: 'POST', behaviour, run });

/** CloudFormation has cancelled the Create, and invented a physical ID. */
const cancel = () => describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', INVENTED, { startedAfterMs: -MINUTE });

describe('a Create of data sources that CloudFormation cancelled', () => {
  test.each([
    ['disable', ['enabled', 'disabled']],
    ['retain', ['enabled', 'disabled']],
    ['delete', ['enabled']],
  ])('removes what it added and keeps what it adopted in the mode %s', async (Removal, left) => {
    add('Sales orders', '/orders/');
    onPost(cancel);

    await send(sandbox, 'Create', { properties: { Removal } });
    expect(states()).toEqual(left);
  });

  test('removes the others when Immuta refuses to remove one', async () => {
    onPost(cancel);
    sandbox.refuse('DELETE', 400, 'It is in use.', { path: /1001/, times: Infinity });

    await send(sandbox, 'Create');
    expect(states()).toEqual(['enabled', 'disabled']);
    expect(sandbox.steps).toContain('abandoned-not-removed');
  });

  test('keeps what a later operation added', async () => {
    onPost(() => sandbox.clock.at(sandbox.clock.now() + 20_000, () => {
      cancel();
      sandbox.immuta.dataSources.records.delete('1002');
      add('Sales returns', '/returns/', { createdAt: sandbox.clock.now() });
    }));

    await send(sandbox, 'Create');
    expect(describeDataSources(sandbox)).toEqual([
      '1001 Sales orders /orders/ disabled',
      '1003 Sales returns /returns/ enabled',
    ]);
  });

  test('keeps everything when the stack has it', async () => {
    const { clock } = sandbox;
    onPost(() => describeStack(
      sandbox, 'UPDATE_IN_PROGRESS', `immuta-s3-data-sources/created/${Math.floor(clock.now() / 1000)}`,
      { resourceStatus: 'CREATE_COMPLETE', changedAfterMs: 5_000 },
    ));

    expect((await send(sandbox, 'Create')).Status).toBe('SUCCESS');
    expect(states()).toEqual(['enabled', 'enabled']);
  });

  test('keeps everything when CloudFormation no longer says what became of it', async () => {
    onPost(() => describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', INVENTED, { denials: Infinity }));

    expect((await send(sandbox, 'Create')).Status).toBe('SUCCESS');
    expect(states()).toEqual(['enabled', 'enabled']);
  });

  test('removes what another run of it added when it stops before it adds the rest', async () => {
    onPost(() => {
      cancel();
      sandbox.clock.at(sandbox.clock.now() + 5_000, () =>
        add('Sales orders', '/orders/', { createdAt: sandbox.clock.now() }));
    }, 'reset');

    expect((await send(sandbox, 'Create')).Reason).toMatch(/\[OPERATION_NOT_CURRENT\]$/);
    expect(describeDataSources(sandbox)).toEqual(['1001 Sales orders /orders/ disabled']);
  });
});
