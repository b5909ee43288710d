import * as fc from 'fast-check';
import { Fault, FAULT_KINDS } from '../campaign/network';
import { TransitionFault } from '../sandbox/immuta';

/** Users whose keys the stack manages, one after the other. */
export const USERS = ['first-user', 'second-user'] as const;
export type UserName = (typeof USERS)[number];

/** What a template gives Immuta: a managed key of a user, the key of a secret, or a role. */
export const AUTHENTICATIONS = [...USERS, 'key of a secret', 'role'] as const;
export type Authentication = (typeof AUTHENTICATIONS)[number];

export type Action =
  | { readonly type: 'deploy'; readonly authentication: Authentication }
  | { readonly type: 'rotate' }
  | { readonly type: 'destroy' }
  /** By a person: a key for that user, the deletion of the key that Immuta holds, or of the integration. */
  | { readonly type: 'add a key'; readonly user: UserName }
  | { readonly type: 'delete the held key' }
  | { readonly type: 'delete the integration' };

export interface Step {
  readonly action: Action;
  /** Seconds after the step before began, whose faults go on. @default - after its end, with faults of its own */
  readonly after?: number;
  /** Faults of the network, and deaths of the function. */
  readonly faults: readonly Fault[];
  /** When each copy of an event is delivered: in milliseconds. */
  readonly deliveries: readonly number[];
  /** The first requests of this method that Immuta refuses, with an answer that quotes the key. */
  readonly refused?: { readonly method: 'POST' | 'PUT' | 'DELETE'; readonly times: number };
  /** The status in which Immuta's next transition ends, with a message that quotes the key. */
  readonly end?: Pick<TransitionFault, 'from' | 'to'>;
}

/** How Immuta and AWS behave. */
export interface Behaviour {
  readonly latencyMs: number;
  /** How Immuta shows the ID of a key. */
  readonly showsKeys: 'as they are' | 'masked' | 'not at all';
  /** Milliseconds until an edit is done. */
  readonly editingMs: number;
  /** Milliseconds until a key works. */
  readonly keyPropagationMs: number;
  /** Milliseconds until a list of keys, or a description of a secret, shows a change. */
  readonly keyListLagMs: number;
  readonly secretLagMs: number;
  /** Whether Secrets Manager itself takes AWSPENDING off a version that gets AWSCURRENT. */
  readonly removesPending: boolean;
  readonly coldStarts: boolean;
}

export interface History {
  readonly behaviour: Behaviour;
  readonly steps: readonly Step[];
}

export const PLAIN: Behaviour = {
  latencyMs: 100,
  showsKeys: 'as they are',
  editingMs: 10_000,
  keyPropagationMs: 0,
  keyListLagMs: 0,
  secretLagMs: 0,
  removesPending: false,
  coldStarts: false,
};

export function step(action: Action, more: Partial<Step> = {}): Step {
  return { action, faults: [], deliveries: [0], ...more };
}

/** Returns random histories. fast-check shrinks those that fail: the first value of each choice is the plainest. */
export function histories(): fc.Arbitrary<History> {
  return fc.record({
    behaviour: behaviour(),
    steps: fc.array(steps(), { minLength: 1, maxLength: 6, size: 'max' }),
  });
}

function behaviour(): fc.Arbitrary<Behaviour> {
  return fc.record({
    latencyMs: fc.constantFrom(100, 1_000),
    showsKeys: fc.constantFrom('as they are' as const, 'masked' as const, 'not at all' as const),
    editingMs: fc.constantFrom(10_000, 0, 41_000, 120_000),
    keyPropagationMs: fc.constantFrom(0, 10_000, 30_000),
    keyListLagMs: fc.constantFrom(0, 0, 15_000),
    secretLagMs: fc.constantFrom(0, 0, 1_000, 5_000),
    removesPending: fc.boolean(),
    coldStarts: fc.boolean(),
  });
}

function steps(): fc.Arbitrary<Step> {
  const of = <T extends Action['type']>(type: T) => fc.constant({ type });
  const authentication = fc.constantFrom(...AUTHENTICATIONS);
  const deploy = fc.record({ type: fc.constant('deploy' as const), authentication });
  return fc.record({
    action: fc.oneof<fc.WeightedArbitrary<Action>[]>(
      { weight: 8, arbitrary: deploy },
      { weight: 6, arbitrary: of('rotate') },
      { weight: 1, arbitrary: of('destroy') },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('add a key' as const), user: fc.constantFrom(...USERS) }) },
      { weight: 1, arbitrary: of('delete the held key') },
      { weight: 1, arbitrary: of('delete the integration') },
    ),
    after: oneIn(3, fc.constantFrom(0, 5, 40, 100)),
    faults: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 3, arbitrary: fc.array(fault(), { minLength: 1, maxLength: 3, size: 'max' }) },
    ),
    deliveries: fc.oneof(
      { weight: 5, arbitrary: fc.constant<Step['deliveries']>([0]) },
      { weight: 1, arbitrary: fc.constantFrom<Step['deliveries']>([0, 0], [0, 3_000]) },
    ),
    refused: oneIn(5, fc.record({ method: fc.constantFrom('PUT', 'POST', 'DELETE'), times: fc.constantFrom(1, 9) })),
    end: oneIn(
      8,
      fc.constantFrom(
        { from: 'editing' as const, to: 'editError' },
        { from: 'creating' as const, to: 'createError' },
        { from: 'deleting' as const, to: 'deleteError' },
      ),
    ),
  }).map((each) => (each.deliveries.length > 1 ? endsOnce(each) : each));
}

/** Two copies of an event end in the same way: other tests let only one of them fail. */
function endsOnce({ action, after, deliveries }: Step): Step {
  return step(action, { after, deliveries });
}

function fault(): fc.Arbitrary<Fault> {
  return fc.record({ exchange: fc.integer({ min: 1, max: 60 }), what: fc.constantFrom(...FAULT_KINDS) });
}

function oneIn<T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}
