import { CampaignSandbox } from './campaign-sandbox';
import { OwnershipTracker } from './ownership';
import { DATA_SOURCES_TYPE, INTEGRATION_TYPE } from './templates';
import { Stack, StackEvent } from '../sandbox/cloudformation';
import { Invocation } from '../sandbox/lambda';

/** A resource of a stack, under all of its logical ids. */
export interface Resource {
  /** @see OwnershipTracker.keyOf */
  readonly key: string;
  readonly stack: Stack;
  readonly logicalIds: readonly string[];
  readonly events: readonly StackEvent[];
}

const OWN = [INTEGRATION_TYPE, DATA_SOURCES_TYPE];
const FEW_SLOTS = 2;
const INDISTINGUISHABLE_MS = 5_000;
/** The events of a stack are a little later than what they are about, so that no two have the same time. */
const LATER_MS = 1_000;

/** What no handler can do better, each for one resource. The documentation lists all of it. */
export class Excuses {
  constructor(
    private readonly sandbox: CampaignSandbox,
    private readonly tracker: OwnershipTracker,
  ) {}

  /** Whether the account has so few slots that an event may wait for another one in vain. */
  get isStarved(): boolean {
    return this.sandbox.lambda.accountConcurrency <= FEW_SLOTS;
  }

  resourceOf(stack: Stack, logicalId: string): Resource {
    const key = this.tracker.keyOf(stack.id, logicalId);
    const events = stack.events.filter((event) => this.tracker.keyOf(stack.id, event.logicalId) === key);
    return { key, stack, events, logicalIds: [...new Set(events.map((event) => event.logicalId))] };
  }

  /** Returns the integrations or data sources that a stack ever had. */
  resourcesOf(stack: Stack, types: readonly string[] = OWN): Resource[] {
    const ids = stack.events.filter(({ type }) => types.includes(type)).map(({ logicalId }) => logicalId);
    const byKey = new Map(ids.map((id) => [this.tracker.keyOf(stack.id, id), this.resourceOf(stack, id)]));
    return [...byKey.values()];
  }

  /** Whether something of a resource may remain: its stack is left, or one of its updates was rolled back at once. */
  mayLeave(resource: Resource): boolean {
    return resource.stack.status !== 'DELETE_COMPLETE' || this.wasRolledBackAtOnce(resource);
  }

  /**
   * Whether the rollback of an update began within five seconds, while a run of the update was under way: because it
   * was cancelled, or another run failed. The event of the update cannot be told from that of the rollback, and takes
   * the rollback for itself.
   */
  wasRolledBackAtOnce(resource: Resource): boolean {
    return resource.events.some((_, index) => this.isRolledBackAtOnce(resource, index));
  }

  /** Whether that is so for the last update that failed, and none has succeeded after its rollback. */
  isLastUpdateRolledBackAtOnce(resource: Resource): boolean {
    return resource.events.some((_, index) => {
      const later = resource.events.slice(index + 1).filter(({ status }) => status === 'UPDATE_COMPLETE');
      return later.length <= 1 && this.isRolledBackAtOnce(resource, index);
    });
  }

  /** Whether nothing tells which configuration the last update left. */
  isLastUpdateUncertain(resource: Resource): boolean {
    return this.isLastUpdateRolledBackAtOnce(resource) || this.isLastUpdateOutOfTime(resource);
  }

  /** Whether the last update ran out of time while Immuta was editing, so that nothing tells what it holds. */
  private isLastUpdateOutOfTime({ events }: Resource): boolean {
    const updates = events.filter(({ status }) => /^UPDATE_(COMPLETE|FAILED)$/.test(status));
    return /\[(TIMEOUT|UPDATE_TOO_LATE)\]/.test(updates.at(-1)?.reason ?? '');
  }

  /** Whether a Delete waited for its slot for so long that it timed out. */
  isDeleteStarved(resource: Resource): boolean {
    const { responses } = this.sandbox;
    const deletes = this.runsOf(resource, 'Delete');
    const requests = deletes.map(({ event }) => event.RequestId as string);
    return (
      this.isStarved &&
      responses.answers.some(({ body }) => {
        const { RequestId, Reason = '' } = JSON.parse(body) as { RequestId: string; Reason?: string };
        return Reason.includes('[TIMEOUT]') && requests.includes(RequestId);
      })
    );
  }

  /** @param index Of the event with which the update began */
  private isRolledBackAtOnce(resource: Resource, index: number): boolean {
    const [began, failed, rollback] = resource.events.slice(index, index + 3);
    return (
      failed?.status === 'UPDATE_FAILED' &&
      rollback?.status === 'UPDATE_IN_PROGRESS' &&
      rollback.timestamp - began.timestamp <= INDISTINGUISHABLE_MS &&
      (/cancelled/.test(failed.reason ?? '') || this.isRepeated(resource, began, failed))
    );
  }

  /** Whether an update ran more than once. */
  private isRepeated(resource: Resource, began: StackEvent, failed: StackEvent): boolean {
    const runs = this.runsOf(resource, 'Update').filter(({ event }) => !event.Continuation);
    const first = runs.find(
      ({ startedAt }) => startedAt + LATER_MS >= began.timestamp && startedAt <= failed.timestamp,
    );
    return first !== undefined && runs.filter(({ event }) => event.RequestId === first.event.RequestId).length > 1;
  }

  /** Returns the invocations of the function for the events of a resource. */
  private runsOf({ stack, logicalIds }: Resource, requestType: 'Update' | 'Delete'): Invocation[] {
    return this.sandbox.lambda.invocations.filter(
      ({ event }) =>
        event.RequestType === requestType &&
        event.StackId === stack.id &&
        logicalIds.includes(event.LogicalResourceId as string),
    );
  }
}
