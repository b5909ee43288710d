import { TestClock } from './test-clock';
import { Deadline } from '../../../src/handler/runtime/deadline';
import { createLog, Log } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';

/** Tools of a call to AWS. */
export interface AwsTools {
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
}

/** Creates tools with a deadline that does not end, and no time in which a new policy may reach AWS. */
export function createAwsTools(clock: TestClock): AwsTools {
  const [handOverAt, giveUpAt] = [Infinity, Infinity];
  const deadline = new Deadline(clock, { handOverAt, giveUpAt, iamPropagationEndsAt: 0, creationEndsAt: 0 });
  const redaction = new Redaction();
  return { deadline, redaction, log: createLog({ clock, redaction, write: () => {} }) };
}
