import * as fc from 'fast-check';
import { Action, History, ManualChange, PLAIN_VARIANT, StackName, Step, Variant } from './history';
import { Fault, FAULT_KINDS, FaultKind } from './network';
import { AUTHENTICATIONS, CONSTRUCT_IDS, LOCATION_ROLES, LOCATIONS, Shape } from './templates';

/** Kinds of events in a history. */
export const KINDS = [
  'other resources',
  'no rollback',
  'express',
  'skipped rollbacks',
  'refactoring',
  'imported roles',
  'replacements',
  'two stacks',
  'overlaps',
  'manual changes',
  'created by hand',
  'adoption',
  'retention',
  'faults',
  'kills',
  'duplicates',
  'late deliveries',
  'throttling',
  'read lag',
  'durations',
  'error ends',
  'unknown statuses',
  'masked keys',
  'ignored fields',
  'repair by PUT',
  'propagation',
  'validation forms',
  'access keys',
  'managed keys',
  'rotations',
  'no CloudFormation',
  'late CloudFormation',
  'cleanup shows deleted',
  'unsettled ends',
  'data sources',
] as const;

export type Kind = (typeof KINDS)[number];

/** Kinds of histories whose stacks have no data sources, and those whose stacks have them. */
export const KINDS_OF_STACKS = {
  'without data sources': KINDS.filter((kind) => kind !== 'data sources'),
  'with data sources': [
    'data sources',
    'other resources',
    'no rollback',
    'replacements',
    'faults',
    'kills',
    'late deliveries',
    'read lag',
  ],
} as const satisfies Record<string, readonly Kind[]>;

/** Among these are an addition, a removal, a new name, a new prefix, and two names that are swapped. */
const DATA_SOURCES: Shape['dataSources'][] = [
  { orders: 'orders/' },
  { orders: 'orders/', returns: 'returns/' },
  { sales: 'orders/', returns: 'returns/' },
  { orders: 'new/', returns: 'returns/' },
  { orders: 'returns/', returns: 'orders/' },
  undefined,
];

const KILLS: readonly FaultKind[] = ['killed before', 'killed after'];
/** Lambda runs an event three times at most. */
const MOST_KILLS = 2;

interface Choice<T> {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<T>;
}

/** What the handler can only recognize if it can ask CloudFormation: whether it still waits. */
const RECOGNIZED_BY_ASKING: readonly Kind[] = [
  'other resources',
  'kills',
  'duplicates',
  'late deliveries',
  'throttling',
  'unsettled ends',
];

/** Returns histories that contain only events of those kinds. */
export function histories(kinds: readonly Kind[]): fc.Arbitrary<History> {
  const asking = generateHistories(kinds.filter((kind) => kind !== 'no CloudFormation'));
  if (!kinds.includes('no CloudFormation')) return asking;
  const blind = generateHistories(kinds.filter((kind) => !RECOGNIZED_BY_ASKING.includes(kind)));
  return fc.oneof({ weight: 9, arbitrary: asking }, { weight: 1, arbitrary: blind });
}

function generateHistories(kinds: readonly Kind[]): fc.Arbitrary<History> {
  const has = (kind: Kind) => kinds.includes(kind);
  const failsAfter = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 90 }) },
    { weight: 1, arbitrary: fc.integer({ min: 91, max: 1_500 }) },
  );
  const stack: fc.Arbitrary<StackName> = has('two stacks')
    ? fc.constantFrom('Lake', 'Lake', 'Lake', 'Pond')
    : fc.constant('Lake');

  const step = fc.record<Step>({
    action: actions(has, stack),
    after: has('overlaps') ? rarely(fc.integer({ min: 0, max: 60 })) : fc.constant(undefined),
    otherResourceFailsAfter: has('other resources') ? sometimes(failsAfter) : fc.constant(undefined),
    faults: faults(has),
    deliveries: deliveries(has),
    throttledSeconds: throttling(has),
    end: has('error ends')
      ? rarely(
        fc.constantFrom(
          { from: 'creating', to: 'createError' } as const,
          { from: 'editing', to: 'editError' } as const,
          { from: 'deleting', to: 'deleteError' } as const,
        ),
      )
      : fc.constant(undefined),
  });
  const first = fc.record<Step>({
    action: fc.record({
      type: fc.constant('deploy'),
      stack: fc.constant('Lake'),
      change: changes(has),
      noRollback: has('no rollback') ? fc.constantFrom(false, false, true) : fc.constant(false),
    }),
    after: fc.constant(undefined),
    otherResourceFailsAfter: has('other resources') ? rarely(failsAfter) : fc.constant(undefined),
    faults: faults(has),
    deliveries: deliveries(has),
    throttledSeconds: throttling(has),
    end: fc.constant(undefined),
  });
  return fc
    .tuple(variants(has), first, fc.array(step, { maxLength: 6, size: 'max' }))
    .map(([variant, begin, steps]) => ({ variant, steps: [begin, ...steps] }));
}

type Has = (kind: Kind) => boolean;

/** One value in three is defined. */
function sometimes<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

/** One value in eight is defined. */
function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

function actions(has: Has, stack: fc.Arbitrary<StackName>): fc.Arbitrary<Action> {
  const deploy = fc.record({
    type: fc.constant('deploy' as const),
    stack,
    change: changes(has),
    noRollback: has('no rollback') ? fc.constantFrom(false, false, true) : fc.constant(false),
    express: has('express') ? fc.constantFrom(false, false, false, true) : fc.constant(false),
  });
  const on = <T extends 'remove' | 'adopt' | 'destroy' | 'refactor'>(type: T) =>
    fc.record({ type: fc.constant(type), stack });
  const manual: ManualChange[] = [
    ...(has('manual changes') ? (['delete', 'rename', 'change the location role'] as const) : []),
    ...(has('unknown statuses') ? (['set an unknown status'] as const) : []),
  ];
  const all: (Choice<Action> | false)[] = [
    { weight: 12, arbitrary: deploy },
    { weight: 2, arbitrary: on('remove') },
    { weight: 3, arbitrary: on('destroy') },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('continue rollback' as const),
        stack,
        skips: has('skipped rollbacks') ? fc.boolean() : fc.constant(false),
      }),
    },
    has('refactoring') && { weight: 2, arbitrary: on('refactor') },
    has('rotations') && { weight: 1, arbitrary: fc.constant({ type: 'rotate' as const }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('wait' as const), minutes: fc.constantFrom(1, 5, 30) }) },
    manual.length > 0 && {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('change by hand' as const), stack, what: fc.constantFrom(...manual) }),
    },
    has('created by hand') && { weight: 1, arbitrary: fc.constant({ type: 'create by hand' as const }) },
    has('adoption') && { weight: 2, arbitrary: on('adopt') },
  ];
  return fc.oneof(...all.filter((each) => each !== false));
}

function changes(has: Has): fc.Arbitrary<Partial<Shape>> {
  const authentications = AUTHENTICATIONS.filter((each) =>
    each === 'key secret' ? has('access keys') : each !== 'managed key' || has('managed keys'),
  );
  const single: (fc.Arbitrary<Partial<Shape>> | false)[] = [
    fc.constant({}),
    fc.record({ name: fc.constantFrom('sales', 'marketing') }),
    has('imported roles') && fc.record({ locationRole: fc.constantFrom(...LOCATION_ROLES) }),
    fc.record({ authentication: fc.constantFrom(...authentications) }),
    fc.record({ revision: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ timeoutMinutes: fc.constantFrom(30, 55) }),
    has('replacements') && fc.record({ constructId: fc.constantFrom(...CONSTRUCT_IDS) }),
    has('replacements') && fc.record({ location: fc.constantFrom(...LOCATIONS) }),
    has('retention') && fc.record({ retain: fc.boolean() }),
    has('data sources') && fc.record({ dataSources: fc.constantFrom(...DATA_SOURCES) }),
    has('data sources') && fc.record({ dataSources: fc.constantFrom(...DATA_SOURCES) }),
  ];
  const one = fc.oneof(...single.filter((each) => each !== false));
  const change = fc.oneof(
    one,
    fc.tuple(one, one).map(([a, b]) => ({ ...a, ...b })),
  );
  return has('imported roles') ? change : change.map((some) => ({ ...some, locationRole: 'generated' }));
}

function faults(has: Has): fc.Arbitrary<readonly Fault[]> {
  const kinds = FAULT_KINDS.filter((kind) => has(KILLS.includes(kind) ? 'kills' : 'faults'));
  if (kinds.length === 0) return fc.constant([]);
  const fault = fc
    .record({
      exchange: fc.integer({ min: 1, max: 30 }),
      what: fc.constantFrom(...kinds),
      seconds: fc.constantFrom(0, 0, 2, 90),
    })
    .map(({ exchange, what, seconds }): Fault =>
      (what === 'busy' || what === 'throttled') && seconds > 0 ? { exchange, what, seconds } : { exchange, what },
    );
  const some = fc.array(fault, { minLength: 1, maxLength: 3 }).map((all) => {
    let kills = 0;
    return all.filter(({ what }) => !KILLS.includes(what) || ++kills <= MOST_KILLS);
  });
  return fc.oneof({ weight: 3, arbitrary: fc.constant<Fault[]>([]) }, { weight: 2, arbitrary: some });
}

function deliveries(has: Has): fc.Arbitrary<Step['deliveries']> {
  const choices: Choice<Step['deliveries']>[] = [{ weight: 8, arbitrary: fc.constant([0]) }];
  if (has('duplicates')) {
    choices.push({
      weight: 1,
      arbitrary: fc.constantFrom<Step['deliveries']>([0, 0], [0, 3000], [0, 40_000], [0, 'afterwards']),
    });
  }
  if (has('late deliveries')) {
    choices.push({
      weight: 1,
      arbitrary: fc.constantFrom<Step['deliveries']>([5000], [30_000], [200_000], [0, 250_000]),
    });
  }
  return fc.oneof(...choices);
}

function readLag(has: Has): fc.Arbitrary<Variant['readLag']['get']> {
  const ms = has('read lag') ? fc.constantFrom(0, 0, 300, 4_000, 15_000) : fc.constant(0);
  return fc.record({ create: ms, edit: ms, delete: ms });
}

function throttling(has: Has): fc.Arbitrary<number | undefined> {
  return has('throttling') ? rarely(fc.constantFrom(20, 200, 600, 1_200)) : fc.constant(undefined);
}

function variants(has: Has): fc.Arbitrary<Variant> {
  const plain = PLAIN_VARIANT;
  const either = <T>(kind: Kind, standard: T, ...others: T[]) =>
    has(kind) ? fc.constantFrom(standard, standard, ...others) : fc.constant(standard);
  const describeLag = either('late CloudFormation', 0, 1_000, 5_000);
  const duration = (standard: number) => either('durations', standard, 0, 3_000, 41_000, 360_000, 1_200_000);
  return fc.record<Variant>({
    latencyMs: fc.constantFrom(100, 20, 1_000),
    durationsMs: fc.record({
      creating: duration(plain.durationsMs.creating),
      editing: duration(plain.durationsMs.editing),
      deleting: duration(plain.durationsMs.deleting),
    }),
    validationFailure: either('validation forms', plain.validationFailure, 'unprocessable-bare', 'ok', 'createError'),
    masksKeys: either('masked keys', false, true),
    keepsDeleted: either('masked keys', false, true),
    explainsErrors: either('validation forms', true, false),
    locationRoleEdit: either('ignored fields', plain.locationRoleEdit, 'record-only'),
    ignoredByEdit: either<Variant['ignoredByEdit']>('ignored fields', [], ['name'], ['awsLocationRole']),
    iamPropagationMs: either('propagation', 0, 10_000, 60_000),
    retryOrder: either('no rollback', 'delete-first', 'create-first'),
    coldStarts: fc.boolean(),
    readLag: fc.record({ get: readLag(has), list: readLag(has) }),
    createErrorRepair: either('repair by PUT', 'delete', 'put'),
    nonEditable: either<Variant['nonEditable']>('ignored fields', [], ['awsLocationRole'], ['name']),
    describe: has('no CloudFormation') ? fc.constantFrom('denied', 'unreachable') : fc.constant('responds'),
    describeLag: fc.record({ stack: describeLag, resource: describeLag }),
    cleanupShows: either('cleanup shows deleted', 'current', 'deleted'),
    concurrency: either('throttling', plain.concurrency, 1, 2),
    settlesBeforeEnd: either('unsettled ends', true, false),
  });
}
