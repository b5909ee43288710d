import { StackResource } from '../../../src/handler/aws/cloudformation';
import {
  CurrentOperation,
  CurrentOperationOptions,
} from '../../../src/handler/protocol/current-operation';
import { ResourceEvent } from '../../../src/handler/protocol/event';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';

const SENT_AT = Date.parse('2026-11-23T09:00:00Z');
const SECOND = 1_000;
const MINUTE = 60_000;

const WAITING: StackResource = {
  resourceStatus: 'UPDATE_IN_PROGRESS',
  physicalId: 'immuta-s3-integration/101',
  lastUpdatedAt: SENT_AT,
};
const CREATING: StackResource = {
  resourceStatus: 'CREATE_IN_PROGRESS',
  physicalId: '',
  lastUpdatedAt: SENT_AT,
};

/** What CloudFormation answers, one after the other; the last answer stays. */
type Answer = StackResource | undefined | 'denied';

let logged: string[];
let asked: number;
let slept: number;
/** Undefined: denied. */
let stackStatus: string | undefined;
let stackStartedAt: number;
beforeEach(() => {
  logged = [];
  stackStatus = undefined;
  stackStartedAt = SENT_AT - SECOND;
  asked = 0;
  slept = 0;
});

function operation(requestType: string, answers: Answer[], options: Partial<CurrentOperationOptions> = {}) {
  return new CurrentOperation({
    event: { requestType, logicalId: 'SalesLake', stackId: 'arn:aws:cloudformation:…:stack/Lake/1' } as ResourceEvent,
    stack: {
      describeResource: async () => {
        const answer = answers[Math.min(asked++, answers.length - 1)];
        if (answer === 'denied') throw new Error('CloudFormation denied DescribeStackResource');
        return answer;
      },
      describeOperation: async () => {
        if (stackStatus === undefined) throw new Error('CloudFormation denied DescribeStacks');
        return { status: stackStatus, startedAt: stackStartedAt };
      },
    },
    log: createLog({
      clock: { now: () => SENT_AT, sleep: async () => {} },
      redaction: new Redaction(),
      write: (line) => logged.push(line),
    }),
    sentAt: SENT_AT,
    now: () => SENT_AT + SECOND + slept,
    sleep: async (ms) => {
      slept += ms;
    },
    deliveryDelayMs: SECOND,
    ...options,
  });
}

const notCurrent = (requestType: string, change: string) =>
  `CloudFormation no longer waits for the ${requestType} of SalesLake: ${change}. ` +
  'No action is needed: the operation that followed decides what is done. [OPERATION_NOT_CURRENT]';

describe('at the first look', () => {
  const ENDED: StackResource = { ...WAITING, resourceStatus: 'UPDATE_FAILED' };

  test('asks CloudFormation again when the operation before ended a moment ago', async () => {
    const current = operation('Update', [ENDED, ENDED, WAITING]);

    await current.assertCurrent();

    expect(current.firstState).toEqual(WAITING);
    expect(asked).toBe(3);
  });

  test('stops when the resource still has the state of an earlier operation after a minute', async () => {
    await expect(operation('Update', [ENDED]).assertCurrent()).rejects.toThrow(
      notCurrent('update', 'the resource is UPDATE_FAILED'),
    );
    expect(slept).toBeGreaterThanOrEqual(59 * SECOND);
  });

  test.each<[string, StackResource]>([
    ['Create', CREATING],
    ['Create', { ...WAITING, physicalId: '' }], // again, after one that failed
    ['Update', WAITING],
    ['Update', { ...WAITING, lastUpdatedAt: SENT_AT + 4 * SECOND }],
  ])('continues a %s while CloudFormation waits for it (%#)', async (requestType, state) => {
    const current = operation(requestType, [state]);

    await current.assertCurrent();

    expect(current.isConfirmed).toBe(true);
    expect(current.firstState).toEqual(state);
  });

  test.each<[string, StackResource | undefined, string]>([
    ['Create', { ...CREATING, resourceStatus: 'CREATE_FAILED' }, 'the resource is CREATE_FAILED'],
    ['Create', { ...CREATING, resourceStatus: 'DELETE_COMPLETE' }, 'the resource is DELETE_COMPLETE'],
    ['Update', { ...WAITING, resourceStatus: 'UPDATE_COMPLETE' }, 'the resource is UPDATE_COMPLETE'],
    ['Update', { ...WAITING, resourceStatus: 'DELETE_IN_PROGRESS' }, 'the resource is DELETE_IN_PROGRESS'],
    [
      'Update',
      { ...WAITING, lastUpdatedAt: SENT_AT + 11 * SECOND },
      'a later operation of the same kind is in progress',
    ],
  ])('stops a %s that CloudFormation has ended (%#)', async (requestType, state, change) => {
    await expect(operation(requestType, [state]).assertCurrent()).rejects.toThrow(
      notCurrent(requestType.toLowerCase(), change),
    );
  });

  test('stops a Create of a resource that CloudFormation does not know, but not in its first seconds', async () => {
    await operation('Create', [undefined]).assertCurrent();

    const late = operation('Create', [undefined], { now: () => SENT_AT + 11 * SECOND });
    await expect(late.assertCurrent()).rejects.toThrow(
      notCurrent('create', 'CloudFormation does not know the resource'),
    );
  });

  describe('of a late event', () => {
    const late = () => operation('Create', [{ ...CREATING, lastUpdatedAt: SENT_AT + 5 * SECOND }], {
      now: () => SENT_AT + 4 * MINUTE,
    });

    test('stops a late event when the operation of the stack began after it was sent', async () => {
      stackStatus = 'UPDATE_IN_PROGRESS';
      stackStartedAt = SENT_AT + 5 * SECOND;

      const current = late();

      await expect(current.assertCurrent()).rejects.toThrow(
        notCurrent('create', 'a later operation of the stack is in progress'),
      );
      // the resource may be complete already, while a read that lags shows it in progress
      expect(await current.findResult({ now: () => SENT_AT, sleep: async () => {} })).toBeUndefined();
    });

    test.each([[10 * SECOND, true], [10 * SECOND + 1, false]])(
      'takes an event for a late one after ten seconds (%d ms: continues %p)',
      async (ms, isContinued) => {
        stackStatus = 'UPDATE_IN_PROGRESS';
        stackStartedAt = SENT_AT + 5 * SECOND;
        const started = operation('Create', [CREATING], { now: () => SENT_AT + ms }).assertCurrent();

        await (isContinued ? started : expect(started).rejects.toThrow('a later operation of the stack'));
      },
    );

    test.each(['UPDATE_IN_PROGRESS', undefined])('continues a late event when the stack is %s', async (status) => {
      stackStatus = status;
      const current = late();

      await current.assertCurrent();

      expect(current.isConfirmed).toBe(true);
    });
  });

  test('does not ask CloudFormation about a Delete, which is always current', async () => {
    await operation('Delete', [{ ...WAITING, resourceStatus: 'UPDATE_COMPLETE' }]).assertCurrent();

    expect(asked).toBe(0);
  });
});

describe('later', () => {
  test.each<[string, Answer, string]>([
    [
      'the resource fails',
      { ...WAITING, resourceStatus: 'UPDATE_FAILED' },
      'the resource is UPDATE_FAILED, no longer UPDATE_IN_PROGRESS',
    ],
    [
      'the same operation begins again',
      { ...WAITING, lastUpdatedAt: SENT_AT + MINUTE },
      'a later operation of the same kind is in progress',
    ],
    ['it has another physical ID', { ...WAITING, physicalId: 'x' }, 'the resource has another physical ID'],
    ['it is gone', undefined, 'CloudFormation no longer knows the resource'],
  ])('stops an Update when %s', async (_, then, change) => {
    const current = operation('Update', [WAITING, WAITING, then]);
    await current.assertCurrent();
    await current.assertCurrent();

    await expect(current.assertCurrent()).rejects.toThrow(notCurrent('update', change));
    expect(slept).toBe(0);
  });

  test('stops when CloudFormation differs from what an earlier invocation saw', async () => {
    const again = { ...WAITING, lastUpdatedAt: SENT_AT + 3 * SECOND };

    await expect(operation('Update', [again], { firstState: WAITING }).assertCurrent()).rejects.toThrow(
      '[OPERATION_NOT_CURRENT]',
    );
  });
});

describe('a read that lags behind', () => {
  const BEFORE = { ...WAITING, resourceStatus: 'UPDATE_COMPLETE', lastUpdatedAt: SENT_AT - MINUTE };
  const RESTORING = { ...WAITING, lastUpdatedAt: SENT_AT - 3 * SECOND };

  test.each([
    ['the end of the operation before', BEFORE],
    ['the operation that this one rolls back', RESTORING],
  ])('ignores a lagging read that shows %s', async (_, state) => {
    const current = operation('Update', [state, WAITING, WAITING]);
    await current.assertCurrent();
    expect(current.isConfirmed).toBe(false);

    await current.assertCurrent();
    await current.assertCurrent();

    expect(current.firstState).toEqual(WAITING);
  });
});

describe('when CloudFormation cannot be asked', () => {
  test('continues, says so once, and asks no more when CloudFormation could not be asked three times', async () => {
    const current = operation('Update', ['denied']);
    for (let write = 1; write <= 5; write++) await current.assertCurrent();

    expect(asked).toBe(3);
    expect(current.isConfirmed).toBe(false);
    expect(logged).toHaveLength(1);
    expect(JSON.parse(logged[0])).toMatchObject({
      level: 'warn',
      step: 'cloudformation-not-asked',
      message:
        'continues without knowing whether CloudFormation still waits: CloudFormation denied DescribeStackResource',
    });
  });

  test('asks again when CloudFormation has answered before, so that throttling hides no rollback', async () => {
    const ended = { ...WAITING, resourceStatus: 'UPDATE_COMPLETE' };
    const current = operation('Update', [WAITING, 'denied', 'denied', 'denied', 'denied', ended]);
    await current.assertCurrent();

    await expect(current.assertCurrent()).rejects.toThrow('the resource is UPDATE_COMPLETE, no longer');
    expect(slept).toBe(40 * SECOND);
  });

  test('asks again after each failure that has passed', async () => {
    const ended = { ...WAITING, resourceStatus: 'UPDATE_COMPLETE' };
    const current = operation('Update', [WAITING, 'denied', WAITING, 'denied', ended]);
    await current.assertCurrent();
    await current.assertCurrent();

    await expect(current.assertCurrent()).rejects.toThrow('the resource is UPDATE_COMPLETE, no longer');
  });

  test('asks for a minute when CloudFormation answered an earlier invocation', async () => {
    const ended = { ...WAITING, resourceStatus: 'UPDATE_COMPLETE' };
    const current = operation('Update', ['denied', 'denied', 'denied', 'denied', ended], { firstState: WAITING });

    await expect(current.assertCurrent()).rejects.toThrow('the resource is UPDATE_COMPLETE, no longer');
    expect(current.isBlind).toBe(false);
  });

  test('continues when CloudFormation does not answer for a minute, although it did before', async () => {
    const current = operation('Update', [WAITING, 'denied']);
    await current.assertCurrent();
    for (let write = 1; write <= 5; write++) await current.assertCurrent();

    expect(slept).toBe(60 * SECOND); // only the first one waits
  });

  test('asks for a minute again when CloudFormation has answered again', async () => {
    const silence = Array.from({ length: 8 }, () => 'denied' as const);
    const current = operation('Update', [WAITING, ...silence, WAITING, 'denied']);
    for (let write = 1; write <= 5; write++) await current.assertCurrent();

    expect(slept).toBe(120 * SECOND);
  });

  test('decides by the first answer of CloudFormation after a failure', async () => {
    const current = operation('Update', ['denied', WAITING, { ...WAITING, resourceStatus: 'UPDATE_FAILED' }]);
    await current.assertCurrent();
    await current.assertCurrent();

    await expect(current.assertCurrent()).rejects.toThrow('[OPERATION_NOT_CURRENT]');
  });

  test.each(['Create', 'Update'])(
    'refuses a %s that was delivered five minutes late when CloudFormation cannot be asked',
    async (requestType) => {
      const late = operation(requestType, ['denied'], { deliveryDelayMs: 7 * MINUTE });

      await expect(late.assertCurrent()).rejects.toThrow(
        `the ${requestType.toLowerCase()} of SalesLake reached the handler function 7 minutes late, and ` +
          'CloudFormation cannot be asked whether the operation is still in progress. ' +
          'Let the function call cloudformation:DescribeStackResource and cloudformation:DescribeStacks for this ' +
          'stack, check its concurrency limits, then deploy again. [EVENT_TOO_OLD]',
      );
    },
  );

  describe('about a decision that cannot be undone', () => {
    const clock = {
      now: () => SENT_AT + slept,
      sleep: async (ms: number) => {
        slept += ms;
      },
    };
    const ROOT = 'arn:aws:cloudformation:…:stack/Root/1';

    test('asks CloudFormation for a minute, although it could not be asked three times', async () => {
      const current = operation('Update', ['denied']);
      for (let write = 1; write <= 5; write++) await current.assertCurrent();

      expect(await current.describeStackReliably(clock)).toBeUndefined();
      expect(slept).toBe(MINUTE);
      expect(logged).toHaveLength(1);
    });

    test('takes the first answer of CloudFormation', async () => {
      const current = operation('Delete', [WAITING]);
      const answer = current.describeStackReliably({
        ...clock,
        sleep: async (ms) => {
          await clock.sleep(ms);
          if (slept >= 40 * SECOND) stackStatus = 'DELETE_IN_PROGRESS';
        },
      });

      expect(await answer).toMatchObject({ status: 'DELETE_IN_PROGRESS' });
      expect(slept).toBe(40 * SECOND);
    });

    test('asks about the resource until CloudFormation answers, if it has answered before', async () => {
      const current = operation('Delete', [WAITING, 'denied', 'denied', 'denied', 'denied', CREATING]);
      await current.describeResource();

      expect(await current.describeResourceReliably(clock)).toEqual(CREATING);
      expect(slept).toBe(40 * SECOND);
    });

    test('does not know the resource when CloudFormation answers no more', async () => {
      const current = operation('Delete', [WAITING, 'denied']);
      await current.describeResource();

      expect(await current.describeResourceReliably(clock)).toBeUndefined();
      expect(slept).toBe(MINUTE);
    });

    test('asks about the resource until it is clear that CloudFormation cannot be asked', async () => {
      expect(await operation('Delete', ['denied', 'denied', WAITING]).describeResourceReliably(clock)).toEqual(WAITING);
      const waited = slept;
      expect(await operation('Delete', ['denied']).describeResourceReliably(clock)).toBeUndefined();
      expect([asked, slept - waited]).toEqual([6, waited]);
    });

    test('asks about the resource after CloudFormation denied all questions about the root', async () => {
      const current = operation('Delete', [WAITING]);
      expect(await current.describeStackReliably(clock, ROOT)).toBeUndefined();

      expect(await current.describeResource()).toEqual(WAITING);
    });
  });

  test('carries out a late Delete when CloudFormation cannot be asked', async () => {
    await operation('Delete', ['denied'], { deliveryDelayMs: 7 * MINUTE }).assertCurrent();
  });
});

test.each([
  [SENT_AT - MINUTE, true],
  [SENT_AT + 2 * SECOND, true], // the URL of an event is signed in whole seconds
  [SENT_AT + 3 * SECOND, false],
])('says whether a stack is in the operation of the event when that began at %d: %s', async (at, expected) => {
  stackStatus = 'UPDATE_IN_PROGRESS';
  stackStartedAt = at;

  expect(await operation('Create', [CREATING]).isPresentDeployment()).toBe(expected);
});

test('does not say whether a stack is in the operation of an event without a date', async () => {
  stackStatus = 'UPDATE_IN_PROGRESS';

  expect(await operation('Create', [CREATING], { sentAt: undefined }).isPresentDeployment()).toBeUndefined();
});
