import { ResourceEvent } from './event';
import { oneLine } from '../runtime/text';

/** "Response object is too long" is what CloudFormation says to more, and then it waits for another answer. */
const MAX_BYTES = 4096;

export interface Answer {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly physicalId: string;
  readonly reason?: string;
  /** How to go on: the end of the reason, which is never cut off. */
  readonly advice?: string;
  readonly attributes?: object;
}

/**
 * The body of an answer, with as much of the reason as there is room for.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 */
export function answerBody(event: ResourceEvent, answer: Answer): Buffer {
  const withReason = (reason?: string) => Buffer.from(JSON.stringify({
    Status: answer.status,
    Reason: reason,
    PhysicalResourceId: answer.physicalId,
    StackId: event.stackId,
    RequestId: event.requestId,
    LogicalResourceId: event.logicalId,
    Data: answer.attributes,
  }));
  if (answer.reason === undefined) {
    return withReason();
  }
  const advice = answer.advice ? `; ${answer.advice}` : '';
  const reason = oneLine(answer.reason);
  // characters have up to six bytes in JSON: look for the longest beginning that fits
  let [fits, tooLong] = [0, reason.length + 1];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (withReason(oneLine(reason, middle) + advice).length < MAX_BYTES) {
      fits = middle;
    } else {
      tooLong = middle;
    }
  }
  return withReason(oneLine(reason, fits) + advice);
}
