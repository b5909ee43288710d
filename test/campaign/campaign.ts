import * as fc from 'fast-check';
import { histories, Kind } from './generate';
import { History, script } from './history';
import { Violation, VIOLATION_KINDS } from './invariants';
import { runHistory, RunHistoryOptions } from './run-history';
import { shrink } from './shrink';

export interface CampaignOptions {
  readonly runs: number;
  readonly seed: number;
  readonly kinds: readonly Kind[];
  /** Kinds of violations to look for. @default - all kinds */
  readonly violations?: readonly Violation['kind'][];
  readonly codeFolder?: string;
  /** Histories to shrink for each kind of violation. @default 1 */
  readonly shrunkOfAKind?: number;
  onProgress?(done: number, failures: number): void;
}

export interface Failure {
  /** Seed of the history: `--replay` runs it again. */
  readonly seed: number;
  readonly violations: Violation[];
  /** Shrunk, if `isShrunk`. */
  readonly history: History;
  readonly isShrunk: boolean;
}

/** Returns the history of a seed. */
export function generateHistory(seed: number, kinds: readonly Kind[]): History {
  return fc.sample(histories(kinds), { seed, numRuns: 1, unbiased: true })[0];
}

/** Runs the histories of consecutive seeds and shrinks those with violations. */
export async function runCampaign(options: CampaignOptions): Promise<Failure[]> {
  const { runs, seed: firstSeed, kinds, shrunkOfAKind = 1, onProgress } = options;
  const failures: Failure[] = [];
  const seen = new Map<string, number>();
  for (let run = 0; run < runs; run++) {
    const seed = firstSeed + run;
    const history = generateHistory(seed, kinds);
    const violations = await judge(history, seed, options);
    if (violations.length > 0) {
      const kind = violations[0].kind;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      const isShrunk = seen.get(kind)! <= shrunkOfAKind;
      failures.push(
        isShrunk ? await shrunkFailure(seed, history, violations[0], options) : { seed, violations, history, isShrunk },
      );
    }
    onProgress?.(run + 1, failures.length);
  }
  return failures;
}

async function shrunkFailure(
  seed: number,
  history: History,
  { kind }: Violation,
  options: CampaignOptions,
): Promise<Failure> {
  // a shorter history with another violation is another finding
  const stillFails = async (shorter: History) =>
    (await judge(shorter, seed, options)).some((violation) => violation.kind === kind);
  const shortest = await shrink(history, stillFails);
  return { seed, violations: await judge(shortest, seed, options), history: shortest, isShrunk: true };
}

async function judge(history: History, seed: number, campaign: CampaignOptions): Promise<Violation[]> {
  const { codeFolder, violations: kinds = VIOLATION_KINDS } = campaign;
  const options: RunHistoryOptions = { seed, codeFolder };
  try {
    return (await runHistory(history, options)).filter(({ kind }) => kinds.includes(kind));
  } catch (cause) {
    throw new Error(`the campaign cannot run the history of seed ${seed}:\n${script(history)}`, { cause });
  }
}

/** Renders a failure as a script with its seed. */
export function describeFailure({ seed, violations, history, isShrunk }: Failure): string {
  return [
    `seed ${seed}${isShrunk ? '' : ' (not shrunk)'}:`,
    ...[...new Set(violations.map(({ kind, text }) => `  ${kind}: ${text}`))],
    script(history),
  ].join('\n');
}
