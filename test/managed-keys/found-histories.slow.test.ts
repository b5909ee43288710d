import { Action, PLAIN, step } from './history';
import { runHistory } from './run-history';

// histories that random ones have found

const DEPLOY: Action = { type: 'deploy', authentication: 'first-user' };

test('keeps a key of another owner that is created seconds after both runs of one Create created theirs', async () => {
  const steps = [
    step(DEPLOY, { deliveries: [0, 0] }),
    step({ type: 'add a key', user: 'first-user' }, { after: 40 }),
    step(DEPLOY, { refused: { method: 'PUT', times: 1 } }),
  ];

  expect(await runHistory({ behaviour: PLAIN, steps })).toEqual([]);
});
