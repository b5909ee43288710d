import { Fault } from './network';
import { Shape } from './templates';
import { CloudFormation } from '../sandbox/cloudformation';
import { DEFAULT_SWITCHES, Switches } from '../sandbox/immuta';

/** The behaviour of Immuta and AWS in a history. */
export interface Variant {
  /** Of the request and of the response. */
  readonly latencyMs: number;
  readonly durationsMs: Switches['durations'];
  readonly validationFailure: Switches['validationFailure'];
  readonly masksKeys: boolean;
  readonly keepsDeleted: boolean;
  readonly explainsErrors: boolean;
  readonly locationRoleEdit: Switches['locationRoleEdit'];
  readonly ignoredByEdit: Switches['ignoredByEdit'];
  readonly iamPropagationMs: number;
  readonly retryOrder: 'delete-first' | 'create-first';
  /** Each event gets a new process. */
  readonly coldStarts: boolean;
  readonly readLag: Switches['readLag'];
  readonly createErrorRepair: Switches['createErrorRepair'];
  /** Fields that an edit refuses to change, beside account, Region and path. */
  readonly nonEditable: Switches['nonEditable'];
  readonly describe: CloudFormation['describe'];
  readonly describeLag: CloudFormation['describeLag'];
  readonly cleanupShows: CloudFormation['cleanupShows'];
  /** Concurrent executions of the account. */
  readonly concurrency: number;
  /** Whether all invocations end before the stacks are deleted at the end. */
  readonly settlesBeforeEnd: boolean;
}

export const PLAIN_VARIANT: Variant = {
  latencyMs: 100,
  durationsMs: { creating: 20_000, editing: 10_000, deleting: 15_000 },
  validationFailure: 'unprocessable',
  masksKeys: false,
  keepsDeleted: false,
  explainsErrors: true,
  locationRoleEdit: 'update',
  ignoredByEdit: [],
  iamPropagationMs: 0,
  retryOrder: 'delete-first',
  coldStarts: false,
  readLag: DEFAULT_SWITCHES.readLag,
  createErrorRepair: 'delete',
  nonEditable: [],
  describe: 'responds',
  describeLag: { stack: 0, resource: 0 },
  cleanupShows: 'current',
  concurrency: 1000,
  settlesBeforeEnd: true,
};

export const STACKS = ['Lake', 'Pond'] as const;
export type StackName = (typeof STACKS)[number];

/** A change of an integration in Immuta, by a person. */
export type ManualChange = 'delete' | 'rename' | 'change the location role' | 'set an unknown status';

export type Action =
  /** Changes the integration, or adds it. Fields that are not given keep their value. */
  | {
    readonly type: 'deploy';
    readonly stack: StackName;
    readonly change: Partial<Shape>;
    readonly noRollback?: boolean;
    readonly express?: boolean;
  }
  /** Deploys the stack without the integration. */
  | { readonly type: 'remove'; readonly stack: StackName }
  | { readonly type: 'adopt'; readonly stack: StackName }
  | { readonly type: 'destroy'; readonly stack: StackName }
  | { readonly type: 'continue rollback'; readonly stack: StackName; readonly skips?: boolean }
  /** Gives the integration another logical id, by stack refactoring. */
  | { readonly type: 'refactor'; readonly stack: StackName }
  /** Rotates all managed access keys. */
  | { readonly type: 'rotate' }
  | { readonly type: 'create by hand' }
  | { readonly type: 'change by hand'; readonly stack: StackName; readonly what: ManualChange }
  | { readonly type: 'wait'; readonly minutes: number };

export interface Step {
  readonly action: Action;
  /** Seconds after the previous step began. @default - after its end */
  readonly after?: number;
  /** Seconds after which another resource of the stack fails. @default - it does not */
  readonly otherResourceFailsAfter?: number;
  readonly faults: readonly Fault[];
  /** When each copy of an event is delivered: milliseconds, or after the previous copy ended. */
  readonly deliveries: readonly (number | 'afterwards')[];
  /** Seconds without any concurrency for the function. @default 0 */
  readonly throttledSeconds?: number;
  /** The status in which Immuta's next transition ends. */
  readonly end?: { readonly from: 'creating' | 'editing' | 'deleting'; readonly to: string };
}

export interface History {
  readonly variant: Variant;
  readonly steps: readonly Step[];
}

/** The longest edit after which a rollback has time for one of its own. */
const SHORT_MS = 60_000;

/**
 * Returns how many steps pass before something happens that can make a rollback or a deletion fail. The failure of
 * another resource cannot.
 */
export function countCalmSteps({ variant, steps }: History): number {
  const { durationsMs, validationFailure, ignoredByEdit, nonEditable, locationRoleEdit, describe } = variant;
  const isOrdinary =
    Object.values(durationsMs).every((ms) => ms <= SHORT_MS) &&
    validationFailure === 'unprocessable' &&
    [...ignoredByEdit, ...nonEditable].length === 0 &&
    locationRoleEdit === 'update' &&
    describe === 'responds';
  if (!isOrdinary) return 0;
  const trouble = steps.findIndex(
    ({ action, after, faults, throttledSeconds, end }) =>
      after !== undefined ||
      faults.length > 0 ||
      throttledSeconds !== undefined ||
      end !== undefined ||
      ['adopt', 'create by hand', 'change by hand'].includes(action.type),
  );
  return trouble < 0 ? steps.length : trouble;
}

/** Renders a history as a script that a person can follow. */
export function script({ variant, steps }: History): string {
  const differences = Object.entries(variant)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(PLAIN_VARIANT[name as keyof Variant]))
    .map(([name, value]) => `${name} ${describeDifference(PLAIN_VARIANT[name as keyof Variant], value)}`);
  const behaviour = differences.length > 0 ? differences.join(', ') : 'as documented';
  return [
    `  behaviour: ${behaviour}`,
    ...steps.map((step, index) => `  ${index + 1}. ${describeStep(step)}`),
  ].join('\n');
}

/** Renders a value, of an object only what differs. */
function describeDifference(plain: unknown, value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, (plain as Record<string, unknown>)[name], inner] as const)
    .filter(([, standard, inner]) => JSON.stringify(standard) !== JSON.stringify(inner));
  return `{ ${entries.map(([name, standard, inner]) => `${name} ${describeDifference(standard, inner)}`).join(', ')} }`;
}

function describeStep(step: Step): string {
  const { action, after, otherResourceFailsAfter, faults, deliveries, throttledSeconds, end } = step;
  return [
    describeAction(action),
    ...(after === undefined ? [] : [`${after} s after the previous step began`]),
    ...(otherResourceFailsAfter === undefined ? [] : [`another resource fails after ${otherResourceFailsAfter} s`]),
    ...(deliveries.length === 1 && deliveries[0] === 0
      ? []
      : [`events are delivered at ${deliveries.map(describeDelivery).join(' and ')}`]),
    ...(throttledSeconds ? [`no concurrency for ${throttledSeconds} s`] : []),
    ...(end ? [`the next '${end.from}' ends in '${end.to}'`] : []),
    ...faults.map(
      ({ exchange, what, seconds }) => `exchange ${exchange}: ${what}${seconds ? ` (Retry-After ${seconds})` : ''}`,
    ),
  ].join('; ');
}

function describeDelivery(delivery: Step['deliveries'][number]): string {
  return typeof delivery === 'number' ? `${delivery / 1000} s` : delivery;
}

function describeAction(action: Action): string {
  switch (action.type) {
    case 'deploy': {
      const change =
        Object.entries(action.change)
          .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
          .join(', ') || 'no change';
      const options = `${action.noRollback ? ' --no-rollback' : ''}${action.express ? ' --express' : ''}`;
      return `deploy ${action.stack}${options}: ${change}`;
    }
    case 'wait':
      return `wait ${action.minutes} minutes`;
    case 'change by hand':
      return `by hand: ${action.what}, of the integration of ${action.stack}`;
    case 'continue rollback':
      return `continue rollback ${action.stack}${action.skips ? ', skip what failed' : ''}`;
    case 'rotate':
      return 'rotate all managed access keys';
    case 'create by hand':
      return 'by hand: create an integration on the same path';
    default:
      return `${action.type} ${action.stack}`;
  }
}
