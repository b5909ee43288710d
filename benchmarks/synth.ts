import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import type { SynthMeasure } from './synth-in-process';
import { VARIANTS } from './variants';

export const COUNTS = [1, 10, 150, 1600];
/** In each round, all variants run one after the other. The fastest round counts: other processes only slow one. */
const ROUNDS = 3;

/** A variant with the lowest measures of its rounds. */
export interface VariantMeasure {
  readonly title: string;
  readonly synths: SynthMeasure[];
  /** By count: CPU time relative to that of `l2`. */
  readonly ratios: number[];
}

/** Measures every variant in processes of their own. */
export function measureSynths(): Record<string, VariantMeasure> {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => measureRound(round));
  const findLowest = (name: string) =>
    COUNTS.map((_, index) => computeLowest(rounds.map((round) => round[name][index])));
  const base = findLowest('l2');
  return Object.fromEntries(Object.entries(VARIANTS).map(([name, { title }]) => {
    const synths = findLowest(name);
    return [name, { title, synths, ratios: synths.map(({ cpuMs }, index) => cpuMs / base[index].cpuMs) }];
  }));
}

function computeLowest(measures: SynthMeasure[]): SynthMeasure {
  return {
    ...measures[0],
    cpuMs: Math.min(...measures.map(({ cpuMs }) => cpuMs)),
    peakMb: Math.min(...measures.map(({ peakMb }) => peakMb)),
  };
}

function measureRound(round: number): Record<string, SynthMeasure[]> {
  return Object.fromEntries(
    Object.keys(VARIANTS).map((name) => {
      console.error(`round ${round + 1} of ${ROUNDS}: ${name}`);
      const args = ['--import', 'tsx', path.join(__dirname, 'synth-in-process.ts'), name, COUNTS.join()];
      const output = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
      return [name, JSON.parse(output.trim().split('\n').at(-1)!)];
    }),
  );
}
