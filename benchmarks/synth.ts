import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { median } from './statistics';
import type { SynthMeasure } from './synth-in-process';
import { VARIANTS } from './variants';

export const COUNTS = [1, 10, 150, 1600];
/** In each round, all variants run one after the other. */
const ROUNDS = 7;

export interface Ratio {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** A variant with the medians of its rounds. */
export interface VariantMeasure {
  readonly title: string;
  readonly synths: SynthMeasure[];
  /** By count: CPU time relative to that of `l2` in the same round. */
  readonly ratios: Ratio[];
}

/** Measures every variant in processes of their own. */
export function measureSynths(): Record<string, VariantMeasure> {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => measureRound(round));
  return Object.fromEntries(Object.entries(VARIANTS).map(([name, { title }]) => [name, {
    title,
    synths: COUNTS.map((_, index) => computeMedians(rounds.map((round) => round[name][index]))),
    ratios: COUNTS.map((_, index) =>
      computeRatio(rounds.map((round) => round[name][index].cpuMs / round.l2[index].cpuMs))),
  }]));
}

function computeRatio(ratios: number[]): Ratio {
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}

function computeMedians(measures: SynthMeasure[]): SynthMeasure {
  return {
    ...measures[0],
    cpuMs: median(measures.map(({ cpuMs }) => cpuMs)),
    peakMb: median(measures.map(({ peakMb }) => peakMb)),
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
