import { describeFailure, generateHistory, runCampaign } from './campaign';
import { handlerThat } from './defective-handler';
import { KINDS } from './generate';
import { Action, History, PLAIN_VARIANT, script, Step } from './history';
import { Violation } from './invariants';
import { objectionToReason } from './remedies';
import { runHistory } from './run-history';
import { Timeline } from './timeline';

// a campaign that never fails proves nothing: these handlers have defects

const plain = (action: Action, more: Partial<Step> = {}): Step => ({ action, faults: [], deliveries: [0], ...more });

const DEPLOY = plain({ type: 'deploy', stack: 'Lake', change: {} });
const RENAME = plain({ type: 'deploy', stack: 'Lake', change: { name: 'sales' } });
const CANCELLED_RENAME = { ...RENAME, otherResourceFailsAfter: 60 };
const FAILING_RENAME: Step = { ...RENAME, end: { from: 'editing', to: 'editError' } };
const BY_HAND = plain({ type: 'create by hand' });
const history = (...steps: Step[]): History => ({ variant: PLAIN_VARIANT, steps });

async function runAndListKinds(steps: Step[], wrong: string): Promise<Violation['kind'][]> {
  const violations = await runHistory(history(...steps), { seed: 1, codeFolder: handlerThat(wrong) });
  return [...new Set(violations.map(({ kind }) => kind))];
}

test('finds no violation of a handler without a defect', async () => {
  expect(await runAndListKinds([DEPLOY, RENAME], 'nothing')).toEqual([]);
});

test.each<[string, Step[], Violation['kind']]>([
  ['deletes nothing', [DEPLOY], 'orphan'],
  ['deletes what is there', [BY_HAND, DEPLOY], 'touched another owner'],
  ['deletes access keys', [DEPLOY], 'touched another owner'],
  ['deletes on update', [DEPLOY, RENAME], 'live integration deleted'],
  ['changes nothing', [DEPLOY, RENAME], 'live integration differs'],
  ['is silent', [DEPLOY], 'missing answer'],
  ['writes secrets', [DEPLOY], 'secret'],
  ['says too much', [DEPLOY, RENAME], 'answer too long'],
  ['throws', [DEPLOY], 'handler failed'],
  ['refuses to delete', [DEPLOY], 'stuck'],
  ['refuses to delete', [DEPLOY], 'no remedy'],
  ['refuses to roll back', [DEPLOY, CANCELLED_RENAME], 'rollback failed'],
  ['does not wait for an edit', [DEPLOY, FAILING_RENAME], 'failed edit succeeded'],
  ['never rests', [DEPLOY], 'runaway'],
  ['requests a third access key', [DEPLOY], 'third key'],
])('finds a handler that %s', async (wrong, steps, kind) => {
  expect(await runAndListKinds(steps, wrong)).toContain(kind);
});

test.each([
  ['no', 'a reason without a code'],
  ['Immuta said no. [NO_SUCH_CODE]', 'code NO_SUCH_CODE has no documented remedy'],
  ['Immuta answered 409 to PUT /integrations/1. [IMMUTA_CONFLICT]', 'a reason without the remedy of IMMUTA_CONFLICT'],
  ['cannot read undefined. [IMMUTA_CONFLICT]', "'undefined' in a reason"],
  [
    'Immuta answered 409. Look at the integrations of this path in Immuta: wait for a running change, '
      + 'or remove what conflicts, then try again. [IMMUTA_CONFLICT]',
    undefined,
  ],
])('judges whether a reason has a remedy: %s', (reason, objection) => {
  expect(objectionToReason(reason)).toBe(objection);
});

test('finds a stack that deletes the integration of another stack on the same path', async () => {
  const second = plain({ type: 'deploy', stack: 'Pond', change: {} });
  expect(await runAndListKinds([DEPLOY, second], 'deletes what is there')).toContain('touched another owner');
});

test('finds what a stack leaves although another stack cannot be deleted', async () => {
  const second = plain({ type: 'deploy', stack: 'Pond', change: { location: 'prefix', name: 'pond' } });
  expect(await runAndListKinds([DEPLOY, second], 'deletes nothing, refuses in Lake')).toEqual(
    expect.arrayContaining(['stuck', 'orphan']),
  );
});

test('finds a difference after an update, although one before was rolled back at once', async () => {
  const atOnce = { ...RENAME, otherResourceFailsAfter: 2 };
  expect(await runAndListKinds([DEPLOY, atOnce], 'changes nothing')).toEqual([]);
  expect(await runAndListKinds([DEPLOY, atOnce, RENAME], 'changes nothing')).toContain('live integration differs');
});

test('repeats a history and its timeline when the seed is the same', async () => {
  const [first, second] = [generateHistory(7, KINDS), generateHistory(7, KINDS)];
  expect(first).toEqual(second);
  expect(generateHistory(8, KINDS)).not.toEqual(first);

  const courses = await Promise.all(
    [first, second].map(async (each) => {
      const timeline = new Timeline();
      await runHistory(each, { seed: 7, note: timeline.note });
      return String(timeline).replace(
        /secret:\S+|[0-9a-f]{8}-[0-9a-f-]{27}|-[0-9a-f]{12}-[0-9a-f]{12}|AKIA[0-9A-F]+|[\w-]+-[A-Za-z0-9]{12}/g,
        '…',
      );
    }),
  );
  expect(courses[0]).not.toBe('');
  expect(courses[0]).toBe(courses[1]);
});

test('shrinks a history that fails and renders it as a script', async () => {
  const failures = await runCampaign({
    runs: 5,
    seed: 1,
    kinds: KINDS,
    violations: ['orphan'],
    codeFolder: handlerThat('deletes nothing'),
  });

  expect(failures).not.toEqual([]);
  expect(script(failures[0].history)).toBe('  behaviour: as documented\n  1. deploy Lake: no change');
  expect(describeFailure(failures[0])).toBe([
    `seed ${failures[0].seed}:`,
    '  orphan: integration 101 (integration, enabled) is left',
    script(failures[0].history),
  ].join('\n'));
});
