import { Action, Authentication, PLAIN, step, Step } from './history';
import { runHistory } from './run-history';
import { Fault, FaultKind } from '../campaign/network';

const deploy = (authentication: Authentication): Action => ({ type: 'deploy', authentication });

/** An operation on a managed key, after others. */
export const OPERATIONS: readonly [string, readonly Action[]][] = [
  ['a Create', [deploy('first-user')]],
  ['an Update that sends the same key', [deploy('first-user'), deploy('first-user')]],
  ['an Update to another user', [deploy('first-user'), deploy('second-user')]],
  ['an Update to a managed key', [deploy('role'), deploy('first-user')]],
  ['an Update to a role', [deploy('first-user'), deploy('role')]],
  ['a rotation', [deploy('first-user'), { type: 'rotate' }]],
  ['a Delete', [deploy('first-user'), { type: 'destroy' }]],
];

/** Runs the actions once for each request of the last one, which meets that fault. Returns the violations. */
export async function violationsWith(what: FaultKind, actions: readonly Action[]): Promise<string[]> {
  const stepsWith = (faults: readonly Fault[]): Step[] =>
    actions.map((action, index) => step(action, index === actions.length - 1 ? { faults } : {}));
  const violations: string[] = [];
  const requests = await countRequests(stepsWith([]));
  for (let exchange = 1; exchange <= requests; exchange++) {
    const found = await runHistory({ behaviour: PLAIN, steps: stepsWith([{ exchange, what }]) });
    violations.push(...found.map((violation) => `request ${exchange}: ${violation}`));
  }
  return violations;
}

/** Returns how many requests the last step sends. */
async function countRequests(steps: Step[]): Promise<number> {
  let requests = 0;
  let isOver = false;
  await runHistory({ behaviour: PLAIN, steps }, (line) => {
    isOver ||= line === '── the faults end';
    requests = isOver ? requests : Number(/ #(\d+) /.exec(line)?.[1] ?? requests);
  });
  expect(requests).toBeGreaterThan(10);
  return requests;
}
