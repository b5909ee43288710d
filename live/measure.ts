import { Context } from './context';

/** Nobody waits longer for a read. */
const LONGEST_LAG_MS = 10 * 60_000;

/**
 * Measures how long it takes until each of some probes says yes. 0 if the first one does, however long its request
 * takes. Undefined if none does.
 */
export async function measure(context: Context, probes: (() => Promise<boolean>)[]): Promise<(number | undefined)[]> {
  const startedAt = context.now();
  const lags: (number | undefined)[] = probes.map(() => undefined);
  let isFirst = true;
  await context.poll(async () => {
    for (const [index, probe] of probes.entries()) {
      const askedAt = context.now();
      if (lags[index] === undefined && await probe()) lags[index] = isFirst ? 0 : askedAt - startedAt;
    }
    isFirst = false;
    return !lags.includes(undefined) || undefined;
  }, { timeoutMs: LONGEST_LAG_MS });
  return lags;
}
