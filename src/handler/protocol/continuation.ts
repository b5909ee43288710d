import { lambdaSdk } from '../aws/sdk';
import { asObject } from '../runtime/json';

/** Lambda breaks a chain of invocations after 16; five of 14 minutes are more than the longest `timeout`. */
export const MAX_HOPS = 5;

const INVOKE_TIMEOUT_MS = 15_000;

/**
 * What one invocation tells the next, beside the same event. The next one does not rely on it for what is ours or done, which it finds out
 * by itself: these fields can only make it give up earlier or be more careful.
 */
export interface Continuation {
  /** When the event was first seen, for a response URL without a signing date. */
  readonly startedAt: number;
  readonly hop: number;
  /** A request to create was sent whose outcome is not known. */
  readonly posted: boolean;
}

/** Reads a continuation. One that we did not write ends the chain instead of prolonging it. */
export function parseContinuation(event: unknown, now: number): Continuation | undefined {
  const value = asObject(event).Continuation;
  if (value === undefined) {
    return undefined;
  }
  const { startedAt, hop, posted } = asObject(value);
  return {
    startedAt: typeof startedAt === 'number' && startedAt <= now ? startedAt : now,
    hop: typeof hop === 'number' && Number.isInteger(hop) && hop > 0 ? hop : MAX_HOPS,
    posted: posted !== false,
  };
}

/** Invokes a function asynchronously. */
export type InvokeFunction = (functionArn: string, payload: unknown) => Promise<void>;

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export const invokeLambda: InvokeFunction = async (functionArn, payload) => {
  const { LambdaClient, InvokeCommand } = lambdaSdk();
  const client = new LambdaClient({});
  try {
    await client.send(
      new InvokeCommand({ FunctionName: functionArn, InvocationType: 'Event', Payload: Buffer.from(JSON.stringify(payload)) }),
      { abortSignal: AbortSignal.timeout(INVOKE_TIMEOUT_MS) },
    );
  } finally {
    client.destroy();
  }
};
