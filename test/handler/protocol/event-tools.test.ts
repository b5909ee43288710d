import { Continuation } from '../../../src/handler/protocol/continuation';
import { parseEvent } from '../../../src/handler/protocol/event';
import { createEventTools } from '../../../src/handler/protocol/event-tools';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { TestClock } from '../support/test-clock';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

interface Delivered {
  readonly requestType?: string;
  readonly properties?: Record<string, string>;
  /** How long the event was under way. Below 0, the clock of CloudFormation is fast. @default 2000 */
  readonly ageMs?: number;
  /** Whether the response URL has a date. @default true */
  readonly isDated?: boolean;
  readonly continuation?: Continuation;
}

function createTools({ requestType = 'Create', properties, ageMs = 2_000, isDated = true, continuation }: Delivered) {
  const clock = new TestClock();
  const sentAt = clock.now();
  const date = new Date(sentAt + Math.max(0, -ageMs)).toISOString().replace(/[-:]|\.\d+/g, '');
  clock.advance(Math.max(0, ageMs));
  const tools = createEventTools(
    parseEvent({
      RequestType: requestType,
      ResponseURL: `https://example.com/${isDated ? `?X-Amz-Date=${date}` : ''}`,
      ResourceProperties: properties,
    }),
    {
      context: { invokedFunctionArn: '', getRemainingTimeInMillis: () => 15 * MINUTE },
      continuation,
      clock,
      log: createLog({ clock, redaction: new Redaction(), write: () => {} }),
      redaction: new Redaction(),
    },
  );
  /** The end of the timeout, in milliseconds after the event was sent. */
  const findTimeout = () => {
    for (let end = 0; end < 120 * MINUTE; end += SECOND) {
      try {
        tools.deadline.check(sentAt + end + SECOND - clock.now());
      } catch (error) {
        if ((error as { limit: string }).limit === 'timeout') return end;
      }
    }
    return Infinity;
  };
  const { creationEndsAt, iamPropagationEndsAt } = tools.deadline;
  return {
    ...tools,
    clock,
    findTimeout,
    creationMs: creationEndsAt - sentAt,
    iamPropagationMs: iamPropagationEndsAt - sentAt,
    sentMs: tools.sentAt - sentAt,
  };
}

describe('the times of an event', () => {
  test.each<[string, Record<string, string> | undefined, number, number]>([
    ['nothing', undefined, 30 * MINUTE, 3 * MINUTE],
    ['numbers', { TimeoutSeconds: '600', IamPropagationTimeoutSeconds: '90' }, 10 * MINUTE, 90 * SECOND],
    ['no numbers', { TimeoutSeconds: 'x', IamPropagationTimeoutSeconds: 'Infinity' }, 30 * MINUTE, 3 * MINUTE],
    ['numbers below 0', { TimeoutSeconds: '-1', IamPropagationTimeoutSeconds: '-1' }, 30 * MINUTE, 3 * MINUTE],
    ['empty texts', { TimeoutSeconds: ' ', IamPropagationTimeoutSeconds: '' }, 30 * MINUTE, 3 * MINUTE],
    ['0', { TimeoutSeconds: '0', IamPropagationTimeoutSeconds: '0' }, 0, 0],
  ])('come from its properties when those are %s', (_, properties, timeoutMs, iamPropagationMs) => {
    const tools = createTools({ properties });

    expect(tools.findTimeout()).toBe(timeoutMs);
    expect(tools.iamPropagationMs).toBe(iamPropagationMs);
  });

  test.each([[0, 60], [59, 60], [61, 61]])('let a Create that waits %d s for IAM create for %d s', (iam, seconds) => {
    expect(createTools({ properties: { IamPropagationTimeoutSeconds: `${iam}` } }).creationMs).toBe(seconds * SECOND);
  });

  test('let a Delete watch for two minutes longer than a Create may create, whatever its timeout is', () => {
    const properties = { TimeoutSeconds: '60', IamPropagationTimeoutSeconds: '90' };

    expect(createTools({ requestType: 'Delete', properties }).findTimeout()).toBe(210 * SECOND);
    expect(createTools({ requestType: 'Update', properties }).findTimeout()).toBe(60 * SECOND);
    expect(createTools({ requestType: 'Delete' }).findTimeout()).toBe(30 * MINUTE);
  });

  test('end the wait of an invocation after eight minutes, and its requests a minute before its end', async () => {
    const { deadline, clock } = createTools({});

    expect(() => deadline.check(8 * MINUTE)).not.toThrow();
    expect(() => deadline.check(8 * MINUTE + 1)).toThrow('out of time: invocation');
    clock.advance(14 * MINUTE);
    expect(() => deadline.check()).not.toThrow();
    clock.advance(1);
    expect(() => deadline.check()).toThrow('out of time: invocation');
  });
});

describe('when an event was sent', () => {
  const continuation: Continuation = { startedAt: Date.parse('2026-11-23T04:00:00Z'), hop: 1, posted: false };

  test('is the date of its response URL', () => {
    expect(createTools({ ageMs: 40_000, continuation }).sentMs).toBe(0);
  });

  test('is what the first invocation noted when its response URL has no date', () => {
    expect(createTools({ isDated: false, continuation }).sentMs).toBe(-26 * MINUTE);
  });

  test('is now when nothing says it, and never later', () => {
    expect(createTools({ isDated: false, ageMs: 5_000 }).sentMs).toBe(5_000);
    expect(createTools({ ageMs: -5_000 }).sentMs).toBe(0);
  });
});

describe('what earlier runs may have done', () => {
  const continuation: Continuation = { startedAt: 0, hop: 1, posted: false, updatedAt: 7 };

  test.each<[string, Delivered, boolean]>([
    ['the event is young', { ageMs: 49_999 }, false],
    ['Lambda may have repeated the event', { ageMs: 50_000 }, true],
    ['the event has no date', { isDated: false }, true],
    ['another invocation was before', { continuation }, true],
  ])('includes a creation when %s: %j', (_, delivered, mayHaveCreated) => {
    expect(createTools(delivered).earlierRuns).toMatchObject({ mayHaveCreated, isAnswerLost: false });
  });

  test('includes what the invocation before noted', () => {
    expect(createTools({ continuation: { ...continuation, posted: true } }).earlierRuns).toEqual({
      mayHaveCreated: true, isAnswerLost: true, updatedAt: 7,
    });
    expect(createTools({}).earlierRuns).toEqual({ mayHaveCreated: false, isAnswerLost: false });
  });
});

test('refuses a write when no time is left for it', async () => {
  const { beforeWrite, clock } = createTools({ requestType: 'Delete' });
  await beforeWrite();

  clock.advance(31 * MINUTE);
  await expect(beforeWrite()).rejects.toThrow('out of time: timeout');
});
