import { PLAIN, step } from './history';
import { runHistory } from './run-history';
import { handlerThat } from '../campaign/defective-handler';

// histories that never fail prove nothing: this handler has a defect

test('finds a handler that requests a third access key', async () => {
  const history = { behaviour: PLAIN, steps: [step({ type: 'deploy', authentication: 'first-user' })] };

  expect(await runHistory(history, undefined, handlerThat('requests a third access key'))).toContain(
    'a third key of first-user is requested',
  );
});
