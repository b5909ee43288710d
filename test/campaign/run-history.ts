import { CampaignSandbox } from './campaign-sandbox';
import { Excuses } from './excuses';
import { Action, countCalmSteps, History, ManualChange, StackName, STACKS, Step } from './history';
import {
  answerViolations,
  failedEditViolations,
  failedRuns,
  liveDataSourceViolations,
  liveViolations,
  missingAnswers,
  orphanViolations,
  secretViolations,
  Violation,
} from './invariants';
import { listIntegrations, OwnershipTracker, recordIdOf } from './ownership';
import {
  DATA_SOURCES_TYPE,
  FIRST_SHAPE,
  GIVEN,
  INTEGRATION_TYPE,
  lakeTemplate,
  OTHER_RESOURCE_ID,
  renameLogicalId,
  Shape,
} from './templates';
import { AwsError } from '../sandbox/aws';
import { DeployOptions, Stack, StackEvent } from '../sandbox/cloudformation';
import { Answer, IntegrationRecord } from '../sandbox/immuta';
import { SANDBOX_ENV } from '../sandbox/sandbox';

export interface RunHistoryOptions {
  readonly seed: number;
  /** The handler's bundle. @default - the packaged one */
  readonly codeFolder?: string;
  /** Called for each event of the timeline. */
  readonly note?: Note;
}

/** @param at Virtual milliseconds since the epoch */
export type Note = (at: number, line: string) => void;

/** Runs a history, then deletes all stacks. Returns the violations. */
export async function runHistory(history: History, options: RunHistoryOptions): Promise<Violation[]> {
  const run = new HistoryRun(history, options);
  return run.run();
}

const COMPLETE = /^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/;
const TIMED_OUT = /not done after|timed out after/;
const MOST_DELETIONS = 10;
/** The answer of CloudFormation, the request to Immuta, and a pause. */
const MOST_EXCHANGES_BETWEEN = 4;
const LONGEST_TRANSITION_MS = 3_600_000;
const UNKNOWN_STATUS = 'synchronizing';

class HistoryRun {
  private readonly sandbox: CampaignSandbox;
  private readonly tracker = new OwnershipTracker();
  private readonly excuses: Excuses;
  private readonly violations: Violation[] = [];
  private readonly shapes = new Map<StackName, Shape>();
  private readonly allStacks = new Set<Stack>();
  private readonly note: Note;
  /** Of the integrations' logical ids, after refactorings. */
  private readonly suffixes = new Map<StackName, string>();
  private otherResourceVersion = 1;
  private pending: Promise<unknown>[] = [];
  /** Whether nothing has happened yet that can make a rollback or a deletion fail. */
  private isCalm = true;
  private createdByHand?: string;

  constructor(
    private readonly history: History,
    options: RunHistoryOptions,
  ) {
    this.note = options.note ?? (() => {});
    this.sandbox = new CampaignSandbox({
      variant: history.variant,
      seed: options.seed,
      codeFolder: options.codeFolder,
      note: this.note,
      onImmutaAnswer: (event, request, answer) => this.judge(event, request, answer),
    });
    this.excuses = new Excuses(this.sandbox, this.tracker);
  }

  async run(): Promise<Violation[]> {
    await this.sandbox.deployTenant();
    this.sandbox.clock.advance(3_600_000);
    const calmSteps = countCalmSteps(this.history);
    for (const [index, step] of this.history.steps.entries()) {
      await this.waitForTurn(step);
      this.note(this.sandbox.clock.now(), `── step ${index + 1}: ${step.action.type}`);
      this.isCalm = index < calmSteps;
      this.begin(step);
    }
    await this.settle();
    await this.destroyAll();
    for (const { id, status } of this.sandbox.immuta.integrations.values()) {
      if (status === 'deleteError') this.tracker.noteDeletionFailed(id);
    }
    this.violations.push(
      ...orphanViolations(this.sandbox, [...this.allStacks], this.tracker, this.excuses),
      ...answerViolations(this.sandbox),
      ...missingAnswers(this.sandbox, [...this.allStacks], this.excuses),
      ...secretViolations(this.sandbox, [...this.allStacks]),
      ...failedRuns(this.sandbox),
    );
    return this.violations;
  }

  // ----- steps

  private async waitForTurn({ after }: Step): Promise<void> {
    if (after !== undefined) return this.sandbox.scheduler.sleep(after * 1000);
    await Promise.all(this.pending);
    this.pending = [];
    this.checkLive();
  }

  private begin(step: Step): void {
    const { network, lambda, cloudFormation, immuta } = this.sandbox;
    network.beginStep(step.faults);
    lambda.deliveries = [...step.deliveries];
    if (step.throttledSeconds) this.throttle(step.throttledSeconds);
    cloudFormation.faults.length = 0;
    if (step.otherResourceFailsAfter !== undefined) {
      this.otherResourceVersion += 1;
      for (const action of ['create', 'update'] as const) {
        const logicalId = new RegExp(`^${OTHER_RESOURCE_ID}$`);
        cloudFormation.faults.push({
          logicalId,
          action,
          afterSeconds: step.otherResourceFailsAfter,
          reason: 'the other resource fails',
          once: true,
        });
      }
    }
    if (step.end) immuta.faults.transition(step.end);
    this.pending.push(this.act(step.action));
  }

  private async act(action: Action): Promise<void> {
    switch (action.type) {
      case 'deploy':
        return this.deploy(
          action.stack,
          { ...(this.shapes.get(action.stack) ?? FIRST_SHAPE), ...action.change },
          { disableRollback: action.noRollback || undefined, express: action.express },
        );
      case 'adopt':
        return this.adopt(action.stack);
      case 'remove':
        return this.deploy(action.stack, undefined);
      case 'destroy':
        return this.destroy(action.stack);
      case 'continue rollback':
        return this.continueRollback(action.stack, action.skips);
      case 'refactor':
        return this.refactor(action.stack);
      case 'rotate':
        return this.rotate();
      case 'create by hand':
        return this.createByHand();
      case 'change by hand':
        return this.changeByHand(action.stack, action.what);
      case 'wait':
        return this.sandbox.scheduler.sleep(action.minutes * 60_000);
    }
  }

  private stackNamed(name: StackName): Stack | undefined {
    return this.sandbox.cloudFormation.stacks.get(name);
  }

  private throttle(seconds: number): void {
    const { lambda, scheduler } = this.sandbox;
    lambda.throttled = true;
    scheduler.after(seconds * 1000, () => { lambda.throttled = false; });
  }

  private async deploy(name: StackName, shape: Shape | undefined, options: DeployOptions = {}): Promise<void> {
    const { cloudFormation } = this.sandbox;
    const existing = this.stackNamed(name);
    if (existing && existing.status.endsWith('_IN_PROGRESS')) return;
    // as the CLI does
    if (existing && /^ROLLBACK_|^DELETE_FAILED/.test(existing.status)) await this.destroy(name);
    const now = this.stackNamed(name);
    if (now && !/_COMPLETE$|^(CREATE|UPDATE)_FAILED$/.test(now.status)) return;
    // the synthesis refuses it, because an adopted integration outlives the user of the stack
    if (shape?.adopt && shape.authentication === 'managed key') return;
    if (shape) this.shapes.set(name, shape);
    const template = lakeTemplate(shape, this.otherResourceVersion, this.suffixes.get(name));
    await this.operate(name, () => cloudFormation.deploy(name, template, options));
  }

  /** Deploys the stack so that it adopts the integration that was created by hand. */
  private async adopt(name: StackName): Promise<void> {
    if (this.createdByHand === undefined || this.stackNamed(name)) return;
    const { locationRole, authentication, location } = FIRST_SHAPE;
    const shape = { ...FIRST_SHAPE, locationRole, authentication, location, adopt: this.createdByHand };
    await this.deploy(name, shape);
  }

  private async destroy(name: StackName): Promise<void> {
    const stack = this.stackNamed(name);
    if (!stack || stack.status.endsWith('_IN_PROGRESS')) return;
    await this.operate(name, () => this.sandbox.cloudFormation.destroy(name));
    if (stack.status !== 'DELETE_COMPLETE') return;
    this.shapes.delete(name);
    this.suffixes.delete(name);
  }

  private async continueRollback(name: StackName, skips = false): Promise<void> {
    const stack = this.stackNamed(name);
    if (stack?.status !== 'UPDATE_ROLLBACK_FAILED') return;
    const isFailed = (logicalId: string) => stack.resourceStates.get(logicalId)!.status === 'UPDATE_FAILED';
    const skipped = skips ? listIntegrations(stack).filter(({ logicalId }) => isFailed(logicalId)) : [];
    // what is skipped is no longer as the template says
    skipped.map(recordIdOf).forEach((id) => id === undefined || this.tracker.noteTouched(id, true));
    const logicalIds = skipped.map(({ logicalId }) => logicalId);
    await this.operate(name, () => this.sandbox.cloudFormation.continueUpdateRollback(name, logicalIds));
  }

  private async refactor(name: StackName): Promise<void> {
    const stack = this.stackNamed(name);
    const [resource] = stack ? listIntegrations(stack) : [];
    if (!stack || !resource || resource.failed || !COMPLETE.test(stack.status)) return;
    const { logicalId } = resource;
    const renamed = `${logicalId}Moved`;
    const mapping = { source: { stackName: name, logicalId }, destination: { stackName: name, logicalId: renamed } };
    try {
      this.sandbox.cloudFormation.refactor([mapping], { [name]: renameLogicalId(stack.template, logicalId, renamed) });
    } catch (error) {
      // after an update without a rollback, the resource may differ from its template
      if (!(error instanceof AwsError)) throw error;
      return this.note(this.sandbox.clock.now(), error.message);
    }
    this.suffixes.set(name, `${this.suffixes.get(name) ?? ''}Moved`);
    this.tracker.noteRenamed(stack.id, logicalId, renamed);
    this.note(this.sandbox.clock.now(), `${name} ${logicalId} is ${renamed} from now on`);
  }

  private async rotate(): Promise<void> {
    const { services, secretRotation } = this.sandbox;
    const rotated = services.secrets.all.filter(({ rotation }) => rotation !== undefined);
    rotated.forEach(({ arn }) => secretRotation.rotate(arn));
  }

  /** Runs an operation and records which integrations it retained. */
  private async operate(
    name: StackName,
    act: () => Promise<{ readonly stack: Stack; readonly events: StackEvent[] }>,
  ): Promise<void> {
    const before = new Map(
      this.stackNamed(name) ? listIntegrations(this.stackNamed(name)!).map((record) => [record.logicalId, record]) : [],
    );
    const { stack, events } = await act();
    this.allStacks.add(stack);
    if (this.isCalm && /ROLLBACK_FAILED|DELETE_FAILED/.test(stack.status)) {
      this.violations.push({ kind: 'rollback failed', text: `${name} is ${stack.status}: ${this.lastFailure(stack)}` });
    }
    for (const { timestamp, logicalId, physicalId, status, reason } of events) {
      this.note(timestamp, `${name} ${logicalId} ${status} ${physicalId}${reason ? `: ${reason}` : ''}`);
    }
    for (const event of events.filter(({ type, status }) => type === INTEGRATION_TYPE && status === 'DELETE_SKIPPED')) {
      const old = before.get(event.logicalId);
      const id =
        old?.physicalId === event.physicalId
          ? recordIdOf(old)
          : recordIdOf({ physicalId: event.physicalId, attributes: {} });
      if (id === undefined) this.tracker.noteAllMayRemain(stack.id, event.logicalId);
      else this.tracker.noteRetained(id, event.timestamp);
    }
  }

  private async createByHand(): Promise<void> {
    if (
      this.createdByHand !== undefined ||
      [...this.sandbox.immuta.integrations.values()].some(({ status }) => status !== 'deleted')
    ) {return;}
    const { id } = await this.sandbox.createByHand();
    this.tracker.noteCreated(id);
    this.createdByHand = id;
  }

  private async changeByHand(name: StackName, what: ManualChange): Promise<void> {
    const record = this.recordOf(name);
    if (!record) return;
    this.tracker.noteTouched(record.id, true);
    switch (what) {
      case 'delete':
        return void (await this.sandbox.request('DELETE', `/integrations/${record.id}`));
      case 'rename':
        this.tracker.noteRenamedByHand(record.id);
        return this.sandbox.immuta.changeByHand(record.id, { name: 'renamed by hand' });
      case 'change the location role': {
        const awsLocationRole = `arn:aws:iam::${SANDBOX_ENV.account}:role/${GIVEN.locationRole['other given']}`;
        return this.sandbox.immuta.changeByHand(record.id, { awsLocationRole });
      }
      case 'set an unknown status': {
        if (record.status !== 'enabled') return;
        record.status = UNKNOWN_STATUS;
        this.sandbox.clock.at(this.sandbox.clock.now() + 600_000, () => this.restore(record));
      }
    }
  }

  private recordOf(name: StackName): IntegrationRecord | undefined {
    const stack = this.stackNamed(name);
    const [resource] = stack ? listIntegrations(stack) : [];
    const id = resource && recordIdOf(resource);
    return id === undefined ? undefined : this.sandbox.immuta.integrations.get(id);
  }

  // ----- judgement

  /** Called after Immuta has handled a request of an event's invocation. */
  private judge(event: any, { method, path }: { method: string; path: string }, answer: Answer): void {
    if (method === 'GET' || answer.status !== 200) return;
    if (!path.startsWith('/integrations')) {
      const ids = [...this.sandbox.immuta.dataSources.records.values()].map((record) => record.id);
      return this.tracker.noteRegistered(ids, event);
    }
    if (method === 'POST') return this.tracker.noteCreated((answer.body as { id: string }).id, event);
    const id = path.split('/')[2];
    const now = this.sandbox.clock.now();
    const objection = this.tracker.objection(method, id, event);
    if (objection && !(method === 'PUT' && this.isRetentionHidden(id, now))) {
      const text = `${method} ${path} by a ${event.RequestType} of ${event.LogicalResourceId}: ${objection}`;
      this.violations.push({ kind: 'touched another owner', text });
    }
    if (method === 'PUT') this.tracker.noteEdited(id, event, now);
  }

  /** Whether CloudFormation, whose answers lag, still showed that the stack had an integration which it retained. */
  private isRetentionHidden(id: string, now: number): boolean {
    const { describeLag: { resource = 0 } = {}, latencyMs } = this.history.variant;
    const retainedAt = this.tracker.retainedAt(id);
    return retainedAt !== undefined && now <= retainedAt + resource + MOST_EXCHANGES_BETWEEN * latencyMs;
  }

  private checkLive(): void {
    for (const stack of this.sandbox.cloudFormation.stacks.values()) {
      this.violations.push(...liveViolations(this.sandbox, stack, this.tracker, this.excuses));
      this.violations.push(...liveDataSourceViolations(this.sandbox, stack, this.excuses));
    }
  }

  // ----- the end

  /** Ends all faults. */
  private async settle(): Promise<void> {
    await Promise.all(this.pending);
    if (this.history.variant.settlesBeforeEnd) await this.waitForAll();
    const { network, lambda, cloudFormation, immuta } = this.sandbox;
    network.beginStep([]);
    lambda.deliveries = [0];
    lambda.throttled = false;
    cloudFormation.faults.length = 0;
    immuta.faults.clear();
    immuta.integrations.forEach((record) => this.restore(record));
    this.checkLive();
    this.violations.push(...failedEditViolations(this.sandbox, this.tracker));
  }

  private restore(record: IntegrationRecord): void {
    if (record.status === UNKNOWN_STATUS) record.status = 'enabled';
  }

  private async destroyAll(): Promise<void> {
    for (const name of STACKS) {
      await this.continueRollback(name);
      await this.destroy(name);
      // a deletion that timed out is repeated, as its reason says
      for (let i = 0; i < MOST_DELETIONS && this.isDeletionTimedOut(name); i++) await this.destroy(name);
      const stuck = this.stackNamed(name);
      if (stuck && !this.isExcused(stuck)) {
        this.violations.push({ kind: 'stuck', text: `${name} is ${stuck.status}: ${this.lastFailure(stuck)}` });
      }
    }
    await this.waitForAll();
  }

  private isDeletionTimedOut(name: StackName): boolean {
    const stack = this.stackNamed(name);
    return stack !== undefined && TIMED_OUT.test(this.lastFailure(stack));
  }

  /**
   * Whether nothing tells what credentials Immuta has; or what cannot be deleted is an integration with data sources
   * that a rollback at once left; or a user with the key of an integration that Immuta did not delete.
   */
  private isExcused(stack: Stack): boolean {
    const failure = this.lastFailure(stack);
    const integrations = this.excuses.resourcesOf(stack, [INTEGRATION_TYPE]);
    const dataSources = this.excuses.resourcesOf(stack, [DATA_SOURCES_TYPE]);
    const isKeyHeld =
      /must delete access keys first/.test(failure) &&
      integrations.some(({ events }) =>
        events.some(({ status, reason }) => status.endsWith('_FAILED') && /'deleteError'/.test(reason ?? '')),
      );
    return (
      isKeyHeld ||
      integrations.some((each) => this.excuses.isLastUpdateUncertain(each)) ||
      (failure.includes('[INTEGRATION_HAS_DATA_SOURCES]') &&
        dataSources.some((each) => this.excuses.wasRolledBackAtOnce(each)))
    );
  }

  /** Waits until no function runs, and Immuta has finished what it had begun. */
  private async waitForAll(): Promise<void> {
    await this.sandbox.scheduler.idle();
    this.sandbox.clock.advance(LONGEST_TRANSITION_MS);
    await this.sandbox.clock.settled();
  }

  private lastFailure({ events }: Stack): string {
    const failed = events
      .filter(({ status, type }) => status.endsWith('_FAILED') && type !== 'AWS::CloudFormation::Stack')
      .at(-1);
    return `${failed?.logicalId} ${failed?.status}: ${failed?.reason}`;
  }
}
