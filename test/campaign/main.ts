/**
 * Random histories against the packaged handler: `npm run campaign -- --runs 20000 --seed 1`.
 *
 * `--replay <seed>` runs the history of one seed and prints its timeline. `--kinds a,b` and `--without a,b` choose
 * kinds of events, `--shrink <n>` the number of histories to shrink for each kind of violation.
 */
import { parseArgs } from 'node:util';
import { describeFailure, Failure, generateHistory, runCampaign } from './campaign';
import { Kind, KINDS } from './generate';
import { script } from './history';
import { runHistory } from './run-history';
import { Timeline } from './timeline';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    replay: { type: 'string' },
    kinds: { type: 'string', default: KINDS.join(',') },
    without: { type: 'string', default: '' },
    shrink: { type: 'string', default: '1' },
  },
});

const without = values.without.split(',');
const kinds = values.kinds.split(',').filter((kind) => !without.includes(kind)) as Kind[];

async function replay(seed: number): Promise<void> {
  const history = generateHistory(seed, kinds);
  const timeline = new Timeline();
  const violations = await runHistory(history, { seed, note: timeline.note });
  console.log(`${script(history)}\n\n${timeline}\n`);
  violations.forEach(({ kind, text }) => console.log(`${kind}: ${text}`));
}

async function campaign(): Promise<void> {
  const runs = Number(values.runs);
  const started = Date.now();
  const onProgress = (done: number, failures: number) => {
    if (done % 1000 === 0) {
      console.error(`${done} histories, ${failures} failures, ${secondsSince(started)} s`);
    }
  };
  const failures = await runCampaign({
    runs,
    seed: Number(values.seed),
    kinds,
    shrunkOfAKind: Number(values.shrink),
    onProgress,
  });
  failures.filter(({ isShrunk }) => isShrunk).forEach((failure) => console.log(`${describeFailure(failure)}\n`));
  console.log(
    `${runs} histories from seed ${values.seed} in ${secondsSince(started)} s: ${summary(failures)}`,
  );
  process.exitCode = failures.length > 0 ? 1 : 0;
}

function secondsSince(started: number): number {
  return Math.round((Date.now() - started) / 1000);
}

function summary(failures: readonly Failure[]): string {
  if (failures.length === 0) return 'no violation';
  const seeds = new Map<string, number[]>();
  for (const { seed, violations } of failures) {
    for (const kind of new Set(violations.map((violation) => violation.kind))) {
      seeds.set(kind, [...(seeds.get(kind) ?? []), seed]);
    }
  }
  return [...seeds]
    .map(
      ([kind, all]) =>
        `\n  ${kind}: ${all.length} (seeds ${all.slice(0, 12).join(', ')}${all.length > 12 ? ', …' : ''})`,
    )
    .join('');
}

void (values.replay === undefined ? campaign() : replay(Number(values.replay)));
