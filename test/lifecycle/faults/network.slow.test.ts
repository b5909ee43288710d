import {
  carryOut,
  GOOD,
  inOrder,
  LakeOptions,
  leftovers,
  NOTHING,
  onEveryMethod,
  prepare,
  useSandbox,
} from './fixture';
import { HttpFault } from '../../sandbox/immuta';
import { Sandbox } from '../../sandbox/sandbox';

// what a handler decides in all other cases: test/handler/integration/network.test.ts
const sandbox = useSandbox();

interface Fault {
  readonly name: string;
  /** Lets it happen to so many requests of each method. */
  readonly strike: (sandbox: Sandbox, times: number) => void;
  /** What a user reads when it stays. */
  readonly reason: RegExp;
  /** Which tenant the stack asks for. @default - the sandbox's */
  readonly url?: (sandbox: Sandbox) => string;
}

/** What takes 30 seconds each time strikes once where the others do twice. */
const slow = (fault: HttpFault) => (current: Sandbox, times: number) =>
  onEveryMethod(current, { ...fault, times: times / 2 });

/** A name instead of an address, so that it has to be resolved. */
const byName = ({ immuta }: Sandbox) => immuta.url.replace('127.0.0.1', 'localhost');

const REFUSED: Fault = {
  name: 'connections are refused',
  strike: ({ immuta, clock }, times) => {
    void immuta.stop();
    if (times < Infinity) clock.at(clock.now() + 1_000, () => immuta.listen());
  },
  reason: /no answer from Immuta at https:\/\/127\.0\.0\.1:\d+ to GET \/integrations\S*: ECONNREFUSED/,
};

const FAULTS: Fault[] = [
  REFUSED,
  {
    name: 'the name cannot be resolved',
    url: byName,
    strike: ({ lambda }, times) => Object.assign(lambda, { unresolved: times, coldStarts: true }),
    reason: /no answer from Immuta at https:\/\/localhost:\d+ to GET .*: ENOTFOUND: getaddrinfo ENOTFOUND localhost/,
  },
  {
    name: 'answers never come',
    strike: slow({ behaviour: 'never' }),
    reason: /no answer from Immuta .*: it took too long/,
  },
  { name: 'answers drip', strike: slow({ behaviour: 'drip' }), reason: /no answer from Immuta .*: it took too long/ },
];

/** Those that differ when they stay, and a certificate. */
const FOR_EVER: Fault[] = [
  ...FAULTS.filter(({ name }) => !/drip/.test(name)),
  {
    name: 'the certificate is for another name',
    url: ({ immuta }) => immuta.url.replace('127.0.0.1', 'immuta.localhost'),
    strike: () => {},
    reason: /the certificate of Immuta at https:\/\/immuta\.localhost:\d+ is not trusted: ERR_TLS_CERT_ALTNAME_INVALID/,
  },
];

const optionsOf = ({ url }: Fault): LakeOptions => ({ url: url?.(sandbox.current) });

test.each(FAULTS)('succeeds when for a while $name', async (fault) => {
  const { immuta } = sandbox.current;
  for (const operation of ['Create', 'Update', 'Delete'] as const) {
    immuta.faults.clear();
    fault.strike(sandbox.current, 2);
    expect(await carryOut(sandbox.current, operation, optionsOf(fault))).toEqual(GOOD[operation]);
  }
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test.each(FOR_EVER)('fails with the cause and leaves nothing when permanently $name', async (fault) => {
  fault.strike(sandbox.current, Infinity);

  expect(await carryOut(sandbox.current, 'Create', optionsOf(fault))).toEqual({
    immuta: [],
    answers: ['FAILED none', 'SUCCESS none'],
    stack: 'ROLLBACK_COMPLETE',
    reason: expect.stringMatching(fault.reason),
  });

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('fails an update and a deletion without changes during an outage, and deletes after it', async () => {
  await prepare(sandbox.current, 'Update');
  REFUSED.strike(sandbox.current, Infinity);

  expect(await carryOut(sandbox.current, 'Update')).toEqual({
    immuta: inOrder(101, 'sales'),
    answers: ['FAILED 101', 'FAILED 101'],
    stack: 'UPDATE_ROLLBACK_FAILED',
    reason: expect.stringMatching(new RegExp(`${REFUSED.reason.source}.*continue-update-rollback --stack-name Lake`)),
  });
  expect(await carryOut(sandbox.current, 'Delete')).toEqual({
    immuta: inOrder(101, 'sales'),
    answers: ['FAILED 101'],
    stack: 'DELETE_FAILED',
    reason: expect.stringMatching(REFUSED.reason),
  });

  await sandbox.current.immuta.listen();
  expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('continues in another run when responses drip near the end of one', async () => {
  const { immuta, clock, lambda } = sandbox.current;
  immuta.switches.durations.creating = 12 * 60_000;
  const drip = () => immuta.faults.http({ method: 'GET', path: /101$/, behaviour: 'drip', times: 2 });
  immuta.faults.http({ method: 'POST', run: () => clock.at(clock.now() + 465_000, drip) });

  expect(await carryOut(sandbox.current, 'Create')).toEqual(GOOD.Create);

  const [first, second, ...more] = lambda.invocations;
  expect([first, second].map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(more).toEqual([]);
  // beyond the 8 minutes for which it may wait
  expect(first.endedAt! - first.startedAt).toBeGreaterThan(480_000);
  expect(first.endedAt! - first.startedAt).toBeLessThan(600_000);
});
