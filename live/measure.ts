import { Context } from './context';

/** Nobody waits longer for a read. */
const LONGEST_LAG_MS = 10 * 60_000;

/** Measures how long it takes until each of some probes says yes. */
export async function measure(context: Context, probes: (() => Promise<boolean>)[]): Promise<number[]> {
  const startedAt = context.now();
  const lags = probes.map(() => LONGEST_LAG_MS);
  await context.poll(async () => {
    for (const [index, probe] of probes.entries()) {
      if (lags[index] === LONGEST_LAG_MS && await probe()) lags[index] = context.now() - startedAt;
    }
    return lags.every((lag) => lag < LONGEST_LAG_MS) || undefined;
  }, { timeoutMs: LONGEST_LAG_MS });
  return lags;
}
