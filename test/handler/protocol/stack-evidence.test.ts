import { StackResource } from '../../../src/handler/aws/cloudformation';
import { CurrentOperation, CurrentOperationOptions } from '../../../src/handler/protocol/current-operation';
import { ResourceEvent } from '../../../src/handler/protocol/event';
import { Clock } from '../../../src/handler/runtime/clock';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';

const SENT_AT = Date.parse('2026-11-23T09:00:00Z');
const SECOND = 1_000;
const ID = 'immuta-s3-integration/101';

const CREATING: StackResource = { resourceStatus: 'CREATE_IN_PROGRESS', physicalId: '', lastUpdatedAt: SENT_AT };
const CREATED: StackResource = {
  resourceStatus: 'CREATE_COMPLETE', physicalId: ID, lastUpdatedAt: SENT_AT + 20 * SECOND,
};
const CLEANING_UP = 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS';
const DELETING: StackResource = { ...CREATED, resourceStatus: 'DELETE_IN_PROGRESS' };

type Answer = StackResource | undefined | 'denied';

let now: number;
let asked: number;
/** Of the stack. Undefined: denied. */
let stackStatus: string | undefined;
beforeEach(() => {
  now = SENT_AT + SECOND;
  asked = 0;
  stackStatus = undefined;
});

const clock: Clock = {
  now: () => now,
  sleep: async (ms) => {
    now += ms;
  },
};

/** CloudFormation gives the answers one after the other. The last one stays. */
function operation(requestType: string, answers: Answer[], options: Partial<CurrentOperationOptions> = {}) {
  return new CurrentOperation({
    event: { requestType, logicalId: 'SalesLake', stackId: 'stack', physicalId: ID } as ResourceEvent,
    stack: {
      describeResource: async () => {
        const answer = answers[Math.min(asked++, answers.length - 1)];
        if (answer === 'denied') throw new Error('denied');
        return answer;
      },
      describeOperation: async () => {
        if (stackStatus === undefined) throw new Error('denied');
        return { status: stackStatus, startedAt: SENT_AT };
      },
    },
    log: createLog({ clock, redaction: new Redaction(), write: () => {} }),
    sentAt: SENT_AT,
    now: () => now,
    sleep: clock.sleep,
    deliveryDelayMs: SECOND,
    ...options,
  });
}

/** A Create of which CloudFormation showed the first state, and then the others. */
async function startedCreate(...then: Answer[]): Promise<CurrentOperation> {
  const current = operation('Create', [CREATING, ...then]);
  await current.assertCurrent();
  return current;
}

/** A Create that stopped when CloudFormation showed the first of these states. */
async function stoppedCreate(...states: Answer[]): Promise<CurrentOperation> {
  const current = await startedCreate(...states);
  await expect(current.assertCurrent()).rejects.toThrow('[OPERATION_NOT_CURRENT]');
  return current;
}

test('knows from when on answers show the state since the event', () => {
  const current = operation('Delete', [DELETING]);
  now = SENT_AT + 59_999;
  expect(current.isSettled).toBe(false);
  now = SENT_AT + 60_000;
  expect(current.isSettled).toBe(true);
});

test('counts from its start when it is not known when the event was sent', () => {
  const current = operation('Delete', [DELETING], { sentAt: undefined });
  now += 59_999;
  expect(current.isSettled).toBe(false);
  now += 1;
  expect(current.isSettled).toBe(true);
});

test('is blind after three failures in a row without any answer', async () => {
  const current = operation('Delete', ['denied']);
  await current.describeResource();
  await current.describeResource();
  expect(current.isBlind).toBe(false);
  await current.describeResource();
  expect(current.isBlind).toBe(true);
});

test('is not blind when CloudFormation answered once, and counts failures from then on', async () => {
  const current = operation('Delete', ['denied', 'denied', DELETING, 'denied']);
  for (let question = 1; question <= 9; question++) await current.describeResource();

  expect(current.isBlind).toBe(false);
  expect(asked).toBe(6);
});

describe('the successor of a deleted resource', () => {
  test('is the resource that the stack has under another physical ID', async () => {
    const other = { ...CREATED, physicalId: 'immuta-s3-integration/102' };
    const current = operation('Delete', [other]);
    expect(await current.findSuccessor(clock)).toEqual({ physicalId: 'immuta-s3-integration/102' });
  });

  test.each([
    ['nothing if the stack shows the deleted resource', DELETING],
    ['nothing if the stack does not have the resource', undefined],
  ])('is %s and is not cleaning up', async (_, state) => {
    stackStatus = 'ROLLBACK_IN_PROGRESS';
    expect(await operation('Delete', [state]).findSuccessor(clock)).toStrictEqual({});
  });

  test.each([
    ['the stack is cleaning up after an update', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', DELETING],
    ['CloudFormation does not describe the stack', undefined, DELETING],
    ['the stack does not have it, and is cleaning up', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', undefined],
  ])('is unknown if %s', async (_, status, state) => {
    stackStatus = status;
    expect(await operation('Delete', [state]).findSuccessor(clock)).toBeUndefined();
  });

  test('is unknown if CloudFormation describes the stack, but not the resource', async () => {
    stackStatus = 'UPDATE_COMPLETE';
    expect(await operation('Delete', ['denied']).findSuccessor(clock)).toBeUndefined();
  });

  test('is requested no more if CloudFormation cannot be asked', async () => {
    stackStatus = 'ROLLBACK_IN_PROGRESS';
    const current = operation('Delete', ['denied']);

    expect(await current.findSuccessor(clock)).toBeUndefined();
    expect(await current.findSuccessor(clock)).toBeUndefined();
    expect([asked, current.isBlind]).toEqual([3, true]);
  });

  test('is requested again if CloudFormation has answered before', async () => {
    const other = { ...CREATED, physicalId: 'immuta-s3-integration/102' };
    const current = operation('Delete', [DELETING, 'denied', other]);
    await current.describeResource();

    expect(await current.findSuccessor(clock)).toEqual({ physicalId: 'immuta-s3-integration/102' });
  });
});

describe('whether a deleted resource has no successor', () => {
  test.each<[string, Answer, string | undefined, boolean]>([
    ['the stack is not cleaning up', DELETING, 'DELETE_IN_PROGRESS', true],
    ['the stack is cleaning up after an update', DELETING, CLEANING_UP, false],
    ['CloudFormation does not describe the stack', DELETING, undefined, false],
    ['CloudFormation does not describe the resource', 'denied', 'DELETE_IN_PROGRESS', false],
    ['the stack does not have the resource', undefined, 'DELETE_IN_PROGRESS', false],
    ['the resource is not being deleted', CREATED, 'UPDATE_COMPLETE', false],
    ['the stack has another one', { ...DELETING, physicalId: 'other' }, 'DELETE_IN_PROGRESS', false],
  ])('if %s', async (_, state, status, expected) => {
    stackStatus = status;
    expect(await operation('Delete', [state]).isDeletedWithoutSuccessor(clock)).toBe(expected);
  });
});

describe('whether the next operation has begun', () => {
  const at = (ms: number): StackResource => ({ ...CREATED, lastUpdatedAt: SENT_AT + ms });

  test.each<[string, Answer, boolean]>([
    ['the resource has changed more than ten seconds after the event', at(10_001), true],
    ['the resource has changed ten seconds after the event', at(10_000), false],
    ['the resource is being deleted', { ...at(60_000), resourceStatus: 'DELETE_IN_PROGRESS' }, false],
    ['CloudFormation does not know the resource', undefined, false],
    ['CloudFormation cannot be asked', 'denied', false],
  ])('if %s: %p', async (_, state, expected) => {
    expect(await operation('Delete', [state]).isOver(clock)).toBe(expected);
  });

  test('asks again if CloudFormation has answered before', async () => {
    const current = operation('Delete', [at(60_000), 'denied', at(60_000)]);
    await current.describeResource();

    expect(await current.isOver(clock)).toBe(true);
  });

  test('is denied if it is not known when the event was sent', async () => {
    expect(await operation('Delete', [at(60_000)], { sentAt: undefined }).isOver(clock)).toBe(false);
  });
});

describe('whether a state is that of a later operation', () => {
  const later: StackResource = { ...CREATED, lastUpdatedAt: SENT_AT + 2_001 };

  test.each<[string, StackResource, boolean]>([
    ['a Create succeeded more than two seconds later', later, true],
    ['a Create began', { ...later, resourceStatus: 'CREATE_IN_PROGRESS' }, true],
    ['an Update began', { ...later, resourceStatus: 'UPDATE_IN_PROGRESS' }, true],
    ['an Update succeeded', { ...later, resourceStatus: 'UPDATE_COMPLETE' }, true],
    ['an Update failed', { ...later, resourceStatus: 'UPDATE_FAILED' }, false],
    ['the cleanup of an Update began', { ...later, resourceStatus: 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS' }, false],
    ['a rollback began', { ...later, resourceStatus: 'UPDATE_ROLLBACK_IN_PROGRESS' }, false],
    ['a Delete began', { ...later, resourceStatus: 'DELETE_IN_PROGRESS' }, false],
    ['a Create succeeded two seconds later', { ...later, lastUpdatedAt: SENT_AT + 2_000 }, false],
  ])('if %s: %j', (_, state, expected) => {
    expect(operation('Delete', []).isLater(state)).toBe(expected);
  });

  test('is denied if it is not known when the event was sent', () => {
    expect(operation('Delete', [], { sentAt: undefined }).isLater(later)).toBe(false);
  });
});

describe('the wait for the result of a response', () => {
  test('ends when CloudFormation shows another status', async () => {
    const current = await startedCreate(CREATING, CREATING, CREATED);
    await current.waitForResult(clock);

    expect(await current.findResult(clock)).toEqual(CREATED);
    expect(asked).toBe(4);
  });

  test.each<[string, StackResource]>([
    ['status alone', { ...CREATING, resourceStatus: 'CREATE_FAILED' }],
    ['physical ID alone', { ...CREATING, physicalId: ID }],
  ])('ends when CloudFormation shows another %s', async (_, shown) => {
    const current = await startedCreate(CREATING, CREATING, shown);
    await current.waitForResult(clock);

    expect(await current.findResult(clock)).toEqual(shown);
    expect(asked).toBe(4);
  });

  test('ends without a result after a minute in which nothing changed', async () => {
    const current = await startedCreate(CREATING);
    await current.waitForResult(clock);

    expect(await current.findResult(clock)).toBeUndefined();
    expect(now).toBeGreaterThanOrEqual(SENT_AT + 61 * SECOND);
    expect(now).toBeLessThan(SENT_AT + 70 * SECOND);
  });

  test('ends at once when CloudFormation cannot be asked', async () => {
    const current = operation('Create', ['denied']);
    await current.waitForResult(clock);

    expect(await current.findResult(clock)).toBeUndefined();
    expect(asked).toBe(3);
  });

  test('ignores a state from before the event', async () => {
    const before = { ...CREATED, resourceStatus: 'CREATE_FAILED', lastUpdatedAt: SENT_AT - 2_001 };
    const current = operation('Create', [before, CREATED]);
    await current.waitForResult(clock);

    expect(await current.findResult(clock)).toEqual(CREATED);
  });

  test('takes no status in which CloudFormation waits for a result', async () => {
    const current = operation('Create', [{ ...CREATING, resourceStatus: 'UPDATE_IN_PROGRESS' }, CREATED]);
    await current.waitForResult(clock);

    expect(await current.findResult(clock)).toEqual(CREATED);
  });
});

describe('the result of a Create that was stopped', () => {
  test('is what CloudFormation showed, unless it is being deleted', async () => {
    const failed = { ...CREATING, resourceStatus: 'CREATE_FAILED' };
    expect(await (await stoppedCreate(failed)).findResult(clock)).toEqual(failed);
  });

  test('is unknown when CloudFormation did not know the resource', async () => {
    expect(await (await stoppedCreate(undefined)).findResult(clock)).toBeUndefined();
  });

  test('is the deletion of a resource that has another physical ID than the one before', async () => {
    expect(await (await stoppedCreate(DELETING)).findResult(clock)).toEqual(DELETING);
    expect(asked).toBe(2);
  });

  describe('that is a later time alone', () => {
    const later = { ...CREATING, lastUpdatedAt: SENT_AT + 60 * SECOND };

    test.each<[string, Answer, StackResource | undefined]>([
      ['what CloudFormation shows a minute later', CREATED, CREATED],
      ['that of a later Create if the resource is gone then', undefined, later],
      ['unknown if CloudFormation no longer answers', 'denied', undefined],
    ])('is %s', async (_, answer, expected) => {
      const current = await stoppedCreate(later, answer);
      expect(await current.findResult(clock)).toEqual(expected);
      expect(now).toBeGreaterThanOrEqual(SENT_AT + 61 * SECOND);
    });
  });

  describe('that may be the deletion of what it replaced', () => {
    const replaced = { ...CREATING, physicalId: ID };
    const stopped = async (...states: Answer[]) => {
      const current = operation('Create', [replaced, DELETING, ...states]);
      await current.assertCurrent();
      await expect(current.assertCurrent()).rejects.toThrow('[OPERATION_NOT_CURRENT]');
      return current;
    };

    test('is what CloudFormation shows a minute later', async () => {
      const current = await stopped(CREATED);
      expect(await current.findResult(clock)).toEqual(CREATED);
      expect(now).toBe(SENT_AT + 61 * SECOND);
    });

    test('is the deletion if the stack is not cleaning up', async () => {
      stackStatus = 'ROLLBACK_IN_PROGRESS';
      expect(await (await stopped(DELETING)).findResult(clock)).toEqual(DELETING);
    });

    test.each<[string, Answer, StackResource]>([
      ['what was deleted', undefined, DELETING],
      ['what a later Create created', CREATED, CREATED],
    ])('is %s, at the end of the cleanup', async (_, afterwards, result) => {
      stackStatus = CLEANING_UP;
      const current = await stopped(...Array<Answer>(10).fill(DELETING), afterwards);
      const cleanup: Clock = {
        ...clock,
        sleep: async (ms) => {
          await clock.sleep(ms);
          if (asked >= 12) stackStatus = 'UPDATE_COMPLETE';
        },
      };
      expect(await current.findResult(cleanup)).toEqual(result);
    });

    test('is unknown as long as the stack is cleaning up, for five minutes', async () => {
      stackStatus = CLEANING_UP;
      expect(await (await stopped(DELETING)).findResult(clock)).toBeUndefined();
      expect(now).toBeLessThan(SENT_AT + 7 * 60 * SECOND);
    });

    test('is unknown if CloudFormation does not describe the stack, after three questions', async () => {
      const current = await stopped(DELETING);
      asked = 0;
      expect(await current.findResult(clock)).toBeUndefined();
      expect(asked).toBe(3);
      expect(now).toBeLessThan(SENT_AT + 2 * 60 * SECOND);
    });

    test('is not the first state again', async () => {
      expect(await (await stopped(replaced, CREATED)).findResult(clock)).toEqual(CREATED);
    });
  });
});

describe('the wait for answers from after the event', () => {
  const waitFrom = async (seconds: number) => {
    now = SENT_AT + seconds * SECOND;
    await operation('Delete', []).waitUntilSettled(clock);
    return (now - SENT_AT) / SECOND;
  };

  test('ends a minute after the event', async () => {
    expect(await waitFrom(20)).toBe(60);
  });

  test('has ended when the event is older', async () => {
    expect(await waitFrom(75)).toBe(75);
  });
});

describe('boundaries of time', () => {
  const at = (ms: number, resourceStatus = 'UPDATE_COMPLETE'): StackResource =>
    ({ resourceStatus, physicalId: ID, lastUpdatedAt: SENT_AT + ms });

  test.each([
    [-2_001, 'continues: the read lags behind', undefined, 1],
    [-2_000, 'asks again', CREATED, 2],
    [2_000, 'asks again', CREATED, 2],
  ])('a status %d ms from the event %s', async (ms, _, then, questions) => {
    const waiting = at(SECOND, 'UPDATE_IN_PROGRESS');
    await operation('Update', [at(ms), ...then ? [waiting] : []]).assertCurrent();
    expect(asked).toBe(questions);
  });

  test.each([[-2_001, false], [-2_000, true]])('a state %d ms from the event confirms it: %p', async (ms, expected) => {
    const current = operation('Update', [at(ms, 'UPDATE_IN_PROGRESS')]);
    await current.assertCurrent();
    expect(current.isConfirmed).toBe(expected);
  });

  test('a status 2,001 ms after the event ends it', async () => {
    await expect(operation('Update', [at(2_001)]).assertCurrent()).rejects.toThrow('the resource is UPDATE_COMPLETE');
    expect(asked).toBe(1);
  });

  test.each([[5_000, true], [5_001, false]])('what began %d ms later is this event: %p', async (ms, isThis) => {
    const started = operation('Update', [at(ms, 'UPDATE_IN_PROGRESS')]).assertCurrent();
    await (isThis ? started : expect(started).rejects.toThrow('a later operation of the same kind'));
  });

  test.each([[10_000, true], [10_001, false]])('an unknown resource is new for %d ms: %p', async (ms, isNew) => {
    now = SENT_AT + ms;
    const started = operation('Create', [undefined]).assertCurrent();
    await (isNew ? started : expect(started).rejects.toThrow('does not know the resource'));
  });

  test.each([[300_000, true], [300_001, false]])('a delivery after %d ms is in time: %p', async (ms, isInTime) => {
    const started = operation('Create', ['denied'], { deliveryDelayMs: ms }).assertCurrent();
    await (isInTime ? started : expect(started).rejects.toThrow('5 minutes late'));
  });

  test('nothing contradicts an event of which it is not known when it was sent', async () => {
    const current = operation('Update', [at(60_000)], { sentAt: undefined });
    await current.assertCurrent();
    expect(current.firstState).toEqual(at(60_000));
  });
});
