import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { median } from './statistics';
import type { SynthMeasure } from './synth-in-process';
import { VARIANTS } from './variants';

export const COUNTS = [1, 10, 150, 1600];
const ROUNDS = 5;
/** In each round, all variants run one after the other. So what slows the machine slows all. */
const ROUNDS_OF_ALL_COUNTS = 3;

/** A variant with the medians of its rounds. */
export interface VariantMeasure {
  readonly title: string;
  readonly synths: SynthMeasure[];
  /** By count: CPU time relative to that of `l2` in the same round. */
  readonly ratios: number[];
}

/** Measures every variant in processes of their own. */
export function measureSynths(): Record<string, VariantMeasure> {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => measureRound(round));
  const select = <T>(use: (round: Record<string, SynthMeasure[]>, index: number) => T | undefined) =>
    COUNTS.map((_, index) => rounds.flatMap((round) => use(round, index) ?? []));
  return Object.fromEntries(
    Object.entries(VARIANTS).map(([name, { title }]) => [name, {
      title,
      synths: select((round, index) => round[name][index]).map((measures) => ({
        ...measures[0],
        cpuMs: median(measures.map(({ cpuMs }) => cpuMs)),
        peakMb: median(measures.map(({ peakMb }) => peakMb)),
      })),
      ratios: select((round, index) => round[name][index] && round[name][index].cpuMs / round.l2[index].cpuMs)
        .map((ratios) => median(ratios as number[])),
    }]),
  );
}

function measureRound(round: number): Record<string, SynthMeasure[]> {
  const counts = round < ROUNDS_OF_ALL_COUNTS ? COUNTS : COUNTS.slice(0, -1);
  return Object.fromEntries(
    Object.keys(VARIANTS).map((name) => {
      console.error(`round ${round + 1}: ${name}`);
      const args = ['--import', 'tsx', path.join(__dirname, 'synth-in-process.ts'), name, counts.join()];
      const output = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return [name, JSON.parse(output.trim().split('\n').at(-1)!)];
    }),
  );
}
