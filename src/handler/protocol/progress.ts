/**
 * What is known of the record that this event makes, if it makes one: it decides the physical id of a Create that fails, and with it what
 * the Delete that follows does. A wrong "nothing" leaves an integration behind; a needless "unknown" makes that Delete call Immuta, which
 * cannot succeed where the Create failed for a wrong API key, and a rollback is stuck.
 *
 * So it may have made something unless the contrary is certain:
 *
 * - This invocation is the event's first, and has sent nothing. Lambda repeats a failed invocation after a minute at the earliest, so an event
 *   that is younger than that has no attempt behind it. (It may deliver an event twice at once; then both attempts see the same world, and
 *   what refuses the one refuses the other, unless that begins in the seconds between them: the other's record then waits for the next
 *   Create to say so.)
 * - Or a list shows no record of this event, after anything that an attempt may have sent was answered: an earlier attempt ended a minute ago,
 *   and its requests with it; our own were refused. Only a request of ours whose answer was lost may still have an effect after a list.
 */
export class Progress {
  /** The record, once it is known. */
  public integrationId?: string;

  /** The last thing that Immuta or AWS said while we waited, for the reason when time runs out. */
  public lastSeen?: string;

  /** A request to create was sent and its outcome is not known. */
  public answerLost: boolean;

  private mayExist: boolean;

  constructor(options: { readonly isFirstAttempt: boolean; readonly answerLost: boolean }) {
    this.mayExist = !options.isFirstAttempt || options.answerLost;
    this.answerLost = options.answerLost;
  }

  /** Call it before a request to create is sent, or when another run that sends one may have begun. */
  public posting(): void {
    this.mayExist = true;
  }

  /** A list has no record of this event. */
  public notListed(): void {
    this.integrationId = undefined;
    this.mayExist = this.answerLost;
  }

  /** Whether this event may have made something. */
  public get mayHaveMade(): boolean {
    return this.integrationId !== undefined || this.mayExist;
  }
}
