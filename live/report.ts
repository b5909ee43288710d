import { isDeepStrictEqual } from 'node:util';
import { Experiment, Seen, Settings } from './experiment';

export type Outcome = 'as expected' | 'different' | 'undetermined' | 'failed' | 'skipped';

/** What an experiment saw. */
export interface Result {
  readonly id: string;
  readonly question: string;
  readonly outcome: Outcome;
  readonly expected: Settings;
  readonly seen: Settings;
  /** Why it failed or was skipped. */
  readonly reason?: string;
  readonly seconds: number;
}

export interface Report {
  /** Whether the run has ended as it should. False while it lasts, and if it was killed. */
  readonly isComplete: boolean;
  readonly results: readonly Result[];
  /** What could not be deleted. */
  readonly leftovers: readonly string[];
}

export function createResult({ id, question, expected }: Experiment, all: Seen, seconds: number): Result {
  const determined = Object.entries(all).filter(([, value]) => value !== undefined);
  const seen = Object.fromEntries(determined) as Settings;
  const keys = Object.keys(seen);
  const isDifferent = keys.some((key) => !isDeepStrictEqual(seen[key], expected[key]));
  const outcome = keys.length === 0 ? 'undetermined' : isDifferent ? 'different' : 'as expected';
  return { id, question, outcome, expected, seen, seconds };
}

export function renderJson(report: Report): string {
  return JSON.stringify(report, undefined, 2) + '\n';
}

export function renderMarkdown({ isComplete, results, leftovers }: Report): string {
  const count = (outcome: Outcome) => results.filter((result) => result.outcome === outcome).length;
  const outcomes: Outcome[] = ['as expected', 'different', 'undetermined', 'failed', 'skipped'];
  return [
    '# Live report',
    '',
    outcomes.map((outcome) => `${count(outcome)} ${outcome}`).join(', '),
    '',
    ...isComplete ? [] : ['The run has not ended, or was killed: experiments are missing.', ''],
    ...results.flatMap(renderResult),
    ...leftovers.length === 0 ? [] : ['## Not deleted', '', ...leftovers.map((each) => `- ${each}`), ''],
  ].join('\n');
}

function renderResult({ id, question, outcome, expected, seen, reason, seconds }: Result): string[] {
  const show = (settings: Settings, key: string) => key in settings ? `\`${JSON.stringify(settings[key])}\`` : '';
  return [
    `## ${id}: ${outcome}`,
    '',
    `${question} (${Math.round(seconds)} s)`,
    '',
    ...reason ? [reason, ''] : [],
    '| switch of the stand-ins | expected | seen |',
    '| --- | --- | --- |',
    ...Object.keys(expected).map((key) => `| \`${key}\` | ${show(expected, key)} | ${show(seen, key)} |`),
    '',
  ];
}
