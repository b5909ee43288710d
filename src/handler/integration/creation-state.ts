import { Refusal } from '../failure';
import { LONG_RETRY_MS, SHORT_RETRY_MS } from '../immuta/retry';
import { EarlierRuns } from '../protocol/event-tools';

/**
 * What a run knows of the record that its event creates. It decides the physical ID of a Create that fails, and with it
 * what the following Delete does. A wrong "nothing" leaves an integration behind. A needless "unknown" makes that
 * Delete call Immuta, which cannot succeed if the Create failed because of a wrong API key, so a rollback is stuck.
 *
 * The event may have created something unless one of these is certain:
 *
 * - This invocation is the event's first, and has sent nothing. Lambda repeats a failed invocation after a minute at
 *   the earliest, so no attempt came before an event that is younger than that. Lambda may also deliver an event twice
 *   at once. Then both runs see the same state and get the same refusal. If the cause of the refusal begins between
 *   them, the next Create names the record of the other run.
 * - A list shows no record of this event after everything that an attempt may have sent was answered: an earlier
 *   attempt ended a minute ago, and its requests with it. Our own requests were refused. Only a request of ours without
 *   an answer may still have an effect after a list.
 */
export class CreationState {
  /** ID of the record, once it is known. */
  public integrationId?: string;

  /** Whether a request to create was sent whose outcome is not known. */
  public isAnswerLost: boolean;

  /** When Immuta accepted an update of this event, in milliseconds since 1970. */
  public updatedAt?: number;

  /** The steady status with which Immuta accepted the update. Undefined if it showed the update as under way. */
  public updatedStatus?: string;

  /** Whether the update was sent again after a lost answer: a read may show what the first request has changed. */
  public isUpdateRepeated = false;

  /**
   * When a request to update was sent that Immuta may have carried out, in milliseconds since 1970. Undefined if there
   * was none.
   */
  public updateSentAt?: number;

  private mayExist: boolean;

  constructor(
    { mayHaveCreated, isAnswerLost, updatedAt }: EarlierRuns,
    private readonly isCreate: boolean,
  ) {
    this.mayExist = mayHaveCreated;
    this.isAnswerLost = isAnswerLost;
    this.updatedAt = updatedAt;
    this.updateSentAt = updatedAt;
  }

  /** Whether this event may have created something. */
  public get mayHaveCreated(): boolean {
    return this.integrationId !== undefined || this.mayExist;
  }

  /** Milliseconds for which requests are retried: not long while there is nothing to lose. */
  public get retryMs(): number {
    return this.isCreate && !this.mayHaveCreated ? SHORT_RETRY_MS : LONG_RETRY_MS;
  }

  /** To be called before a request to create is sent, and before another run may start that sends one. */
  public recordRequest(): void {
    this.mayExist = true;
  }

  public recordRefusal({ kind }: Refusal): void {
    this.isAnswerLost ||= kind === 'lost';
  }

  /**
   * Records a conflict that no record explains: it may be with a record of another run that the list does not show yet.
   */
  public recordUnexplainedConflict(): void {
    this.integrationId = undefined;
    this.isAnswerLost = true;
    this.mayExist = true;
  }

  public recordFound(id: string): void {
    this.integrationId = id;
  }

  /** Records that a list has no record of this event. */
  public recordAbsence(): void {
    this.integrationId = undefined;
    this.mayExist = this.isAnswerLost;
  }
}
