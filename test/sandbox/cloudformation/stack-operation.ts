import { isDeepStrictEqual } from 'node:util';
import { AwsError } from '../aws';
import { findDependencies, inOrder, reversed } from './dependencies';
import { evaluate, Scope } from './intrinsics';
import {
  Cancelled, generatedName, Made, ResourceFailure, ResourceRequest, ResourceType, World,
} from './resource-types/resource-type';
import { addEvent, dependenciesAmong, ResourceRecord, readRetention, Stack } from './stack';
import { ResourceDefinition, Template } from './template';

type Action = 'create' | 'update' | 'delete';

/** A failure that a test wants: the resource does nothing for some seconds or until a moment, then fails. */
export interface Fault {
  readonly logicalId: RegExp;
  readonly action: Action;
  /** @default 0 */
  readonly afterSeconds?: number;
  /** The moment. @default - after the seconds */
  readonly when?: Promise<unknown>;
  readonly reason: string;
  /** Whether it happens once and is over then. @default false */
  readonly once?: boolean;
}

export interface OperationOptions {
  readonly world: World;
  readonly stack: Stack;
  readonly typeOf: (type: string) => ResourceType;
  readonly faults: Fault[];
  /**
   * When a resource that failed before, and was not rolled back, is removed: before or after another is made in its
   * place.
   */
  readonly retryOrder: 'delete-first' | 'create-first';
  /**
   * While an update deletes what it replaced: whether its logical id shows the new resource, or the one that is being
   * deleted.
   */
  readonly cleanupShows: 'current' | 'deleted';
  /** Whether a resource that is being created or updated is cancelled when another one fails. */
  readonly cancels: 'at once' | 'after the response';
  /** When the time of a resource's last update changes. */
  readonly updateTime: 'each status' | 'start';
  readonly expressWaitsForCustomResources: boolean;
  /** Does not wait until AWS's own resources are stable. */
  readonly express: boolean;
}

/** What AWS's own resources take until they are stable; custom ones take what they take. */
const RESOURCE_SECONDS = 2;

/**
 * One operation on a stack: resources side by side as far as their dependencies allow, and the way back if one fails.
 */
export class StackOperation {
  private readonly cancel = new AbortController();
  /** The stack's resources before the operation. */
  private readonly before: Map<string, ResourceRecord>;
  /** What the operation made; removed if it rolls back. */
  private readonly made: ResourceRecord[] = [];
  /** What it replaced; removed if it succeeds. */
  private readonly replaced: ResourceRecord[] = [];
  /** What it changed in place, whether or not that failed, with the properties that it tried. */
  private readonly changed = new Map<string, ResourceRecord>();

  constructor(private readonly options: OperationOptions) {
    this.before = new Map(options.stack.resources);
  }

  /**
   * Creates or updates what the template wants; `false` if a resource failed. What is no longer wanted stays until
   * `cleanUp`.
   */
  async apply(template: Template, scope: Scope): Promise<boolean> {
    const dependencies = findDependencies(template.Resources);
    let succeeded = true;
    await inOrder(dependencies, async (logicalId) => {
      if (this.cancel.signal.aborted) return false;
      const done = await this.bringAbout(logicalId, template.Resources[logicalId], dependencies.get(logicalId)!, scope);
      succeeded &&= done;
      if (!done) this.cancel.abort();
      return done;
    });
    return succeeded;
  }

  /**
   * Removes what an update replaced and what its template no longer wants. A failure is reported and the resource
   * abandoned.
   */
  async cleanUp(template: Template): Promise<void> {
    const unwanted = [...this.before.values()].filter(({ logicalId }) => !(logicalId in template.Resources));
    unwanted.forEach(({ logicalId }) => this.stack.resources.delete(logicalId));
    const doomed = [...this.replaced, ...unwanted, ...this.stack.superseded];
    const isRetained = (record: ResourceRecord) =>
      (this.replaced.includes(record) ? record.updateReplacePolicy : record.deletionPolicy) !== 'Delete';
    await this.removeAll(doomed, isRetained, { abandon: true });
  }

  /** Without a rollback, what failed to change is put back all the same, and the rest stays as it is. */
  async restoreFailed(): Promise<void> {
    const failed = [...this.changed.keys()].filter(
      (logicalId) => this.stack.resources.get(logicalId) === this.before.get(logicalId),
    );
    this.keepFailedReplacements();
    await Promise.all(
      failed.map((logicalId) => this.restore(this.changed.get(logicalId)!, this.before.get(logicalId)!)),
    );
  }

  /** What failed to replace another resource is deleted later, and so is a failed one in whose place another failed. */
  private keepFailedReplacements(): void {
    const { resources, superseded } = this.stack;
    for (const record of this.made.filter(({ failed }) => failed)) {
      const old = resources.get(record.logicalId);
      if (!old || old === record) continue;
      superseded.add(old.failed ? old : record);
      if (old.failed) resources.set(record.logicalId, record);
    }
  }

  /**
   * Restores the resources that an update changed, and returns whether all could be restored. Called again, it
   * continues with the others.
   */
  async rollBackUpdate(): Promise<boolean> {
    let succeeded = true;
    await inOrder(dependenciesAmong(this.before.values()), async (logicalId) => {
      const old = this.before.get(logicalId)!;
      const tried = this.changed.get(logicalId);
      const restored = !tried || (await this.restore(tried, old));
      if (restored && !tried) this.stack.resources.set(logicalId, old);
      succeeded &&= restored;
      return restored;
    });
    return succeeded;
  }

  /** Leaves a resource as it is when a rollback that failed continues. */
  skipRollback(logicalId: string): void {
    const old = this.before.get(logicalId);
    if (!old || !this.changed.delete(logicalId)) {
      throw new AwsError(400, 'ValidationError', `Resource ${logicalId} cannot be skipped.`);
    }
    this.stack.resources.set(logicalId, old);
    this.report(old, 'UPDATE_COMPLETE', 'Skipped by the user');
  }

  /** The end of a rolled-back update. */
  async cleanUpRollback(): Promise<void> {
    this.made
      .filter(({ logicalId }) => !this.before.has(logicalId))
      .forEach(({ logicalId }) => this.stack.resources.delete(logicalId));
    await this.removeAll(this.made, ({ deletionPolicy }) => deletionPolicy === 'Retain', { abandon: true });
  }

  /** Takes away all that a creation made; `false` if something stays that should not. */
  rollBackCreation(): Promise<boolean> {
    return this.removeAll(this.made, ({ deletionPolicy }) => deletionPolicy === 'Retain');
  }

  /** Deletes all resources except retained ones, and returns whether all could be deleted. */
  deleteAll(): Promise<boolean> {
    const { resources, superseded } = this.stack;
    return this.removeAll([...resources.values(), ...superseded], ({ deletionPolicy }) => deletionPolicy !== 'Delete');
  }

  private get stack(): Stack {
    return this.options.stack;
  }

  private async bringAbout(
    logicalId: string,
    definition: ResourceDefinition,
    dependsOn: string[],
    scope: Scope,
  ): Promise<boolean> {
    const old = await this.takeOver(logicalId);
    const base = { logicalId, type: definition.Type, dependsOn, ...readRetention(definition) };
    const action = old ? 'update' : 'create';
    try {
      const properties = evaluate(definition.Properties ?? {}, scope);
      const record = { ...base, properties, physicalId: old?.physicalId ?? '', attributes: old?.attributes ?? {} };
      if (old?.failed) return await this.create(record, old);
      if (old?.type === definition.Type && isDeepStrictEqual(properties, old.properties)) {
        this.stack.resources.set(logicalId, record);
        return true;
      }
      if (old) this.refuseFixed(old, record);
      if (old && !this.mustReplace(old, record)) return await this.update(record, old);
      return await this.create(record, old);
    } catch (error) {
      this.report(
        { ...base, physicalId: old?.physicalId ?? '' },
        `${action.toUpperCase()}_FAILED`,
        (error as Error).message,
      );
      return false;
    }
  }

  private refuseFixed(old: ResourceRecord, record: ResourceRecord): void {
    if (old.type !== record.type) {
      throw new Error(
        'Update of resource type is not permitted. The new template modifies resource type of the following ' +
          `resources: [${record.logicalId}]`,
      );
    }
    const { fixed = [] } = this.options.typeOf(record.type);
    const changed = fixed.find((name) => !isDeepStrictEqual(old.properties[name], record.properties[name]));
    if (changed) {
      throw new Error(`Modifying ${changed.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()} is not allowed.`);
    }
  }

  /** The resource as it was before; what failed then is removed first, unless the order is the other one. */
  private async takeOver(logicalId: string): Promise<ResourceRecord | undefined> {
    const old = this.before.get(logicalId);
    if (!old?.failed || this.options.retryOrder === 'create-first') return old;
    await this.remove(old, false);
    this.before.delete(logicalId);
    return undefined;
  }

  private mustReplace(old: ResourceRecord, record: ResourceRecord): boolean {
    const createOnly = this.options.typeOf(record.type).createOnly ?? [];
    return createOnly.some((name) => !isDeepStrictEqual(old.properties[name], record.properties[name]));
  }

  /** Makes a resource; one that takes another's place counts as an update in the events. */
  private async create(record: ResourceRecord, old?: ResourceRecord): Promise<boolean> {
    const verb = old ? 'UPDATE' : 'CREATE';
    if (old) {
      this.report(
        old,
        'UPDATE_IN_PROGRESS',
        'Requested update requires the creation of a new physical resource; hence creating one.',
      );
    } else {
      this.report(record, 'CREATE_IN_PROGRESS');
    }
    try {
      const made = withMade(record, await this.perform('create', record, (type, request) => type.create(request)));
      this.made.push(made);
      if (old) this.replaced.push(old);
      this.stack.resources.set(record.logicalId, made);
      this.report(made, `${verb}_COMPLETE`);
      return true;
    } catch (error) {
      const failed = { ...record, physicalId: error instanceof ResourceFailure ? error.physicalId : '', failed: true };
      this.made.push(failed);
      if (!old) this.stack.resources.set(record.logicalId, failed);
      this.report(failed, `${verb}_FAILED`, describeReason(error));
      return false;
    }
  }

  private async update(record: ResourceRecord, old: ResourceRecord): Promise<boolean> {
    this.report(record, 'UPDATE_IN_PROGRESS');
    this.changed.set(record.logicalId, record);
    try {
      const now = withMade(record, await this.perform('update', record, (type, request) => type.update(request, old)));
      this.noteNewId(now, old);
      this.stack.resources.set(record.logicalId, now);
      this.report(now, 'UPDATE_COMPLETE');
      return true;
    } catch (error) {
      const physicalId = error instanceof ResourceFailure ? error.physicalId : old.physicalId;
      this.noteNewId({ ...record, physicalId }, old);
      this.report({ ...record, physicalId }, 'UPDATE_FAILED', describeReason(error));
      return false;
    }
  }

  /** An update that answers with another id has made a new resource. */
  private noteNewId(now: ResourceRecord, old: ResourceRecord): void {
    if (now.physicalId === old.physicalId) return;
    this.made.push(now);
    this.replaced.push(old);
    // the old one was not touched: going back means to forget the new one
    this.changed.delete(old.logicalId);
  }

  private async restore(tried: ResourceRecord, old: ResourceRecord): Promise<boolean> {
    const wanted = { ...old, attributes: tried.attributes };
    this.report(wanted, 'UPDATE_IN_PROGRESS');
    try {
      const made = await this.perform(
        'update',
        wanted,
        (type, request) => type.update(request, tried),
        new AbortController().signal,
      );
      this.stack.resources.set(old.logicalId, withMade(old, made));
      this.changed.delete(old.logicalId);
      this.report(old, 'UPDATE_COMPLETE');
      return true;
    } catch (error) {
      this.report(old, 'UPDATE_FAILED', describeReason(error));
      return false;
    }
  }

  /**
   * Removes records in the reverse order of their dependencies; what one that fails depends on stays, unless it is
   * abandoned.
   */
  private async removeAll(
    records: ResourceRecord[],
    isRetained: (record: ResourceRecord) => boolean,
    { abandon } = { abandon: false },
  ): Promise<boolean> {
    let succeeded = true;
    // a logical id may stand for two: the failed or new resource, and an older one
    const byId = new Map<string, ResourceRecord[]>();
    records.forEach((record) => byId.set(record.logicalId, [...(byId.get(record.logicalId) ?? []), record]));
    const order = reversed(dependenciesAmong(records));
    await inOrder(order, async (logicalId) => {
      const results = await Promise.all(
        (byId.get(logicalId) ?? []).map((record) => this.remove(record, isRetained(record))),
      );
      succeeded &&= results.every(Boolean);
      return abandon || results.every(Boolean);
    });
    return succeeded;
  }

  private async remove(record: ResourceRecord, retained: boolean): Promise<boolean> {
    const isCurrent = this.stack.resources.get(record.logicalId)?.physicalId === record.physicalId;
    const forget = () => {
      this.stack.superseded.delete(record);
      if (isCurrent) this.stack.resources.delete(record.logicalId);
    };
    if (retained) {
      this.report(record, 'DELETE_SKIPPED');
      forget();
      return true;
    }
    this.report(record, 'DELETE_IN_PROGRESS');
    try {
      // what never came to be has no id, and nothing to remove
      if (record.physicalId) {
        const { signal } = new AbortController();
        await this.perform('delete', record, (type, request) => type.delete(request, record), signal);
      }
      this.report(record, 'DELETE_COMPLETE');
      forget();
      return true;
    } catch (error) {
      this.report(record, 'DELETE_FAILED', describeReason(error));
      return false;
    }
  }

  private async perform<T>(
    action: Action,
    record: ResourceRecord,
    act: (type: ResourceType, request: ResourceRequest) => T | Promise<T>,
    signal = this.cancel.signal,
  ): Promise<T> {
    const { world, typeOf, stack } = this.options;
    const { logicalId, type, properties, physicalId } = record;
    const fault = this.takeFault(action, logicalId);
    const isCustom = type.startsWith('Custom::');
    const stableAfter = this.options.express ? 0 : RESOURCE_SECONDS;
    await fault?.when;
    if (fault || !isCustom) await world.scheduler.sleep((fault ? (fault.afterSeconds ?? 0) : stableAfter) * 1000);
    if (signal.aborted) {
      throw new Cancelled(`Resource ${action === 'create' ? 'creation' : 'update'} cancelled`, physicalId);
    }
    if (fault) throw new Error(fault.reason);
    const request = { stack, logicalId, type, properties, signal: this.cancelsInProgress(signal) };
    if (!isCustom || action === 'delete' || !this.skipsResponse) return act(typeOf(type), request);
    void Promise.resolve(act(typeOf(type), request)).catch(() => {}); // Nobody waits for it.
    return { physicalId: generatedName(request), attributes: {} } as T;
  }

  private get skipsResponse(): boolean {
    return this.options.express && !this.options.expressWaitsForCustomResources;
  }

  private cancelsInProgress(signal: AbortSignal): AbortSignal {
    return this.options.cancels === 'at once' ? signal : new AbortController().signal;
  }

  private takeFault(action: Action, logicalId: string): Fault | undefined {
    const { faults } = this.options;
    const index = faults.findIndex((candidate) => candidate.action === action && candidate.logicalId.test(logicalId));
    return faults[index]?.once ? faults.splice(index, 1)[0] : faults[index];
  }

  private report(
    record: Pick<ResourceRecord, 'logicalId' | 'physicalId' | 'type'>,
    status: string,
    reason?: string,
  ): void {
    const { logicalId, physicalId, type } = record;
    const { timestamp } = addEvent(this.stack, this.options.world.scheduler.clock.now(), {
      logicalId,
      physicalId,
      type,
      status,
      reason,
    });
    const current = this.stack.resources.get(logicalId);
    const isCleanup = status.startsWith('DELETE_') && current !== undefined && current.physicalId !== physicalId;
    if (isCleanup && this.options.cleanupShows === 'current') return;
    const previous = this.stack.resourceStates.get(logicalId);
    if (isCleanup && status !== 'DELETE_IN_PROGRESS') {
      const shown = status === 'DELETE_SKIPPED' ? previous : previous?.previous; // what is current again
      if (shown) this.stack.resourceStates.set(logicalId, { ...shown, updatedAt: timestamp, previous });
      return;
    }
    const isStart = this.options.updateTime === 'each status' || status.endsWith('_IN_PROGRESS') || !previous;
    const updatedAt = isStart ? timestamp : previous.updatedAt;
    this.stack.resourceStates.set(logicalId, { physicalId, type, status, reason, updatedAt, previous });
  }
}

function withMade(record: ResourceRecord, { physicalId, attributes }: Made): ResourceRecord {
  return { ...record, physicalId, attributes };
}

function describeReason(error: unknown): string {
  const { message, code } = error as Error & { code?: string };
  return code ? `Resource handler returned message: "${message}" (HandlerErrorCode: ${code})` : message;
}
