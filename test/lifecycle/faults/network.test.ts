import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { carryOut, GOOD, inOrder, LakeOptions, leftovers, NOTHING, onEveryMethod, prepare, useSandbox } from './fixture';
import { Answer, HttpFault } from '../../sandbox/immuta';
import { Sandbox } from '../../sandbox/sandbox';

const sandbox = useSandbox();

interface Fault {
  readonly name: string;
  /** Lets it happen to so many requests of each method. */
  readonly strike: (sandbox: Sandbox, times: number) => void;
  /** What a user reads when it stays. */
  readonly reason: RegExp;
  /** Which tenant the stack asks for. @default - the sandbox's */
  readonly url?: (sandbox: Sandbox) => string;
  /** @default 1 */
  readonly deadlineScale?: number;
}

const http = (fault: HttpFault) => (current: Sandbox, times: number) => onEveryMethod(current, { ...fault, times });
/** What takes real time strikes once where the others do twice. */
const slow = (fault: HttpFault) => (current: Sandbox, times: number) => onEveryMethod(current, { ...fault, times: times / 2 });
/** One after the other, or the first for ever. */
const burst = (answers: Answer[]) => (current: Sandbox, times: number) => answers.forEach((each) =>
  onEveryMethod(current, { behaviour: 'answer', answer: each, times: times / 2 }));
const tooMany = (retryAfter: string): Answer => ({ status: 429, headers: { 'retry-after': retryAfter } });
const answer = (status: number, body: unknown) => http({ behaviour: 'answer', answer: { status, body } });

/** A name instead of an address, so that it has to be resolved. */
const byName = ({ immuta }: Sandbox) => immuta.url.replace('127.0.0.1', 'localhost');

const FAULTS: Fault[] = [
  {
    name: 'connections are refused',
    strike: ({ immuta, clock }, times) => {
      void immuta.stop();
      if (times < Infinity) clock.at(clock.now() + 1_000, () => immuta.listen());
    },
    reason: /no answer from Immuta at https:\/\/127\.0\.0\.1:\d+ to GET \/integrations\S*: ECONNREFUSED/,
  },
  {
    name: 'the name cannot be resolved',
    url: byName,
    strike: ({ lambda }, times) => { lambda.unresolved = times; },
    reason: /no answer from Immuta at https:\/\/localhost:\d+ to GET .*: ENOTFOUND: getaddrinfo ENOTFOUND localhost/,
  },
  { name: 'connections are reset', strike: http({ behaviour: 'reset' }), reason: /no answer from Immuta .*: UND_ERR_SOCKET: other side closed/ },
  { name: 'answers are lost', strike: http({ behaviour: 'lose' }), reason: /no answer from Immuta .*: UND_ERR_SOCKET: other side closed/ },
  { name: 'answers break off', strike: http({ behaviour: 'half' }), reason: /no answer from Immuta .*: UND_ERR_SOCKET: other side closed/ },
  { name: 'answers never come', strike: slow({ behaviour: 'never' }), deadlineScale: 0.01, reason: /no answer from Immuta .*: it took too long/ },
  { name: 'answers drip', strike: slow({ behaviour: 'drip', dripMs: 100 }), deadlineScale: 0.01, reason: /no answer from Immuta .*: it took too long/ },
  { name: 'answers are HTML', strike: answer(200, '<html>Sign in</html>'), reason: /unexpected answer from Immuta to GET .*: it is not JSON; check that the tenant's 'url'/ },
  { name: 'answers are 404 in HTML', strike: answer(404, '<h1>default backend - 404</h1>'), reason: /unexpected answer from Immuta to GET .*: it is 404 without a message of Immuta's/ },
  { name: 'answers are empty', strike: answer(200, ''), reason: /unexpected answer from Immuta to GET .*: it is empty; check that the tenant's 'url'/ },
  { name: 'answers have 100 MB', strike: http({ behaviour: 'huge' }), reason: /unexpected answer from Immuta to GET .*: its body is longer than 5000000 bytes/ },
  { name: 'answers are 5xx', strike: burst([500, 502, 503, 504].map((status) => ({ status, body: '<h1>Down</h1>' }))), reason: /Immuta answered 500 to GET .*: Down/ },
  {
    name: 'answers are 429',
    strike: burst(['20', 'Mon, 23 Nov 2026 09:01:30 GMT', 'Fri, 31 Dec 1999 23:59:59 GMT', 'soon', ''].map(tooMany)),
    reason: /Immuta answered 429 to GET/,
  },
  { name: 'answers are 429, for a day', strike: burst([tooMany('86400')]), reason: /Immuta answered 429 to GET/ },
];

/** Those that differ when they stay, and a certificate. */
const FOR_EVER: Fault[] = [
  ...FAULTS.filter(({ name }) => !/drip/.test(name)),
  {
    name: 'the certificate is for another name',
    url: ({ immuta }) => immuta.url.replace('127.0.0.1', 'immuta.localhost'),
    strike: () => {},
    reason: /no answer from Immuta at https:\/\/immuta\.localhost:\d+ to GET .*: ERR_TLS_CERT_ALTNAME_INVALID/,
  },
];

const optionsOf = ({ url }: Fault): LakeOptions => ({ url: url?.(sandbox.current) });

test.each(FAULTS)('for a while, $name: nobody notices', async (fault) => {
  const { immuta, lambda } = sandbox.current;
  lambda.deadlineScale = fault.deadlineScale ?? 1;
  for (const operation of ['Create', 'Update', 'Delete'] as const) {
    immuta.faults.clear();
    fault.strike(sandbox.current, 2);
    expect(await carryOut(sandbox.current, operation, optionsOf(fault))).toEqual(GOOD[operation]);
  }
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test.each(FOR_EVER)('for ever, $name: the deployment fails, says why and leaves nothing', async (fault) => {
  sandbox.current.lambda.deadlineScale = fault.deadlineScale ?? 1;
  fault.strike(sandbox.current, Infinity);

  expect(await carryOut(sandbox.current, 'Create', optionsOf(fault))).toEqual({
    immuta: [],
    answers: ['FAILED none', 'SUCCESS none'],
    stack: 'ROLLBACK_COMPLETE',
    reason: expect.stringMatching(fault.reason),
  });

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

describe.each(FOR_EVER.filter(({ name }) => !/certificate/.test(name)))('from now on for ever, $name', (fault) => {
  const options = () => optionsOf(fault);

  test('an update fails, and what was stays', async () => {
    await prepare(sandbox.current, 'Update', options());
    sandbox.current.lambda.deadlineScale = fault.deadlineScale ?? 1;
    fault.strike(sandbox.current, Infinity);

    expect(await carryOut(sandbox.current, 'Update', options())).toEqual({
      immuta: inOrder(101, 'sales'),
      answers: ['FAILED 101', 'FAILED 101'],
      stack: 'UPDATE_ROLLBACK_FAILED',
      reason: expect.stringMatching(new RegExp(`${fault.reason.source}.*continue-update-rollback --stack-name Lake`)),
    });
  });

  test('a deletion fails, and succeeds when it is over', async () => {
    await prepare(sandbox.current, 'Delete', options());
    sandbox.current.lambda.deadlineScale = fault.deadlineScale ?? 1;
    fault.strike(sandbox.current, Infinity);

    expect(await carryOut(sandbox.current, 'Delete')).toEqual({
      immuta: inOrder(101, 'sales'),
      answers: ['FAILED 101'],
      stack: 'DELETE_FAILED',
      reason: expect.stringMatching(fault.reason),
    });

    sandbox.current.immuta.faults.clear();
    sandbox.current.lambda.unresolved = 0;
    await sandbox.current.immuta.listen().catch(() => {}); // it may not have been refused
    expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

interface WriteFault {
  readonly name: string;
  readonly fault: HttpFault;
  readonly reason: RegExp;
  /** Whether a POST may have been carried out. */
  readonly mayHavePosted: boolean;
}

const WRITE_FAULTS: WriteFault[] = [
  { name: 'lost on the way', fault: { behaviour: 'reset' }, reason: /no answer from Immuta/, mayHavePosted: true },
  { name: 'answered 503', fault: { behaviour: 'answer', answer: { status: 503 } }, reason: /Immuta answered 503/, mayHavePosted: true },
  { name: 'answered in HTML', fault: { behaviour: 'answer', answer: { status: 200, body: '<p>' } }, reason: /it is not JSON/, mayHavePosted: true },
  {
    name: 'answered 429, with a Retry-After that is past',
    fault: { behaviour: 'answer', answer: tooMany('0') },
    reason: /Immuta answered 429/,
    mayHavePosted: false,
  },
  {
    name: 'answered 429, with a Retry-After of a day',
    fault: { behaviour: 'answer', answer: tooMany('86400') },
    reason: /Immuta answered 429/,
    mayHavePosted: false,
  },
];

test.each(WRITE_FAULTS)('every POST is $name: a deployment ends in time, without hammering, and leaves nothing', async ({ fault, reason, mayHavePosted }) => {
  const { immuta } = sandbox.current;
  immuta.faults.http({ ...fault, method: 'POST', times: Infinity });

  const id = mayHavePosted ? 'unknown/[0-9a-f]{12}' : 'none';
  expect(await carryOut(sandbox.current, 'Create')).toEqual({
    immuta: [],
    answers: ['FAILED', 'SUCCESS'].map((status) => expect.stringMatching(`^${status} ${id}$`)),
    stack: 'ROLLBACK_COMPLETE',
    reason: expect.stringMatching(reason),
  });

  const posts = immuta.requests.filter(({ method }) => method === 'POST').map(({ time }) => time);
  // the IAM propagation time-out, after which no Create posts any more
  expect(posts[posts.length - 1] - posts[0]).toBeLessThan(180_000);
  expect(posts.length).toBeLessThan(200);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

describe.each(WRITE_FAULTS.filter(({ name }) => /way|HTML/.test(name)))('every change is $name', ({ fault, reason }) => {
  test('an update fails, and what was stays', async () => {
    await prepare(sandbox.current, 'Update');
    sandbox.current.immuta.faults.http({ ...fault, method: 'PUT', times: Infinity });

    expect(await carryOut(sandbox.current, 'Update')).toEqual({
      immuta: inOrder(101, 'sales'),
      answers: ['FAILED 101', 'SUCCESS 101'],
      stack: 'UPDATE_ROLLBACK_COMPLETE',
      reason: expect.stringMatching(reason),
    });
  });

  test('a deletion fails, and succeeds when it is over', async () => {
    await prepare(sandbox.current, 'Delete');
    sandbox.current.immuta.faults.http({ ...fault, method: 'DELETE', times: Infinity });

    expect(await carryOut(sandbox.current, 'Delete')).toEqual({
      immuta: inOrder(101, 'sales'),
      answers: ['FAILED 101'],
      stack: 'DELETE_FAILED',
      reason: expect.stringMatching(reason),
    });

    sandbox.current.immuta.faults.clear();
    expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
  });
});

test.each([302, 308])('a redirect (%p) to another host ends the deployment, and the key does not follow', async (status) => {
  const followed: string[] = [];
  const elsewhere = createServer(({ method, url }, response) => {
    followed.push(`${method} ${url}`);
    response.end('[]');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/integrations`;
  const { immuta } = sandbox.current;
  // at first sight, or only when it comes to writing
  immuta.faults.http({ method: status === 302 ? 'GET' : 'POST', behaviour: 'answer', answer: { status, headers: { location } }, times: Infinity });

  const outcome = await carryOut(sandbox.current, 'Create');
  elsewhere.close();

  expect(outcome).toEqual({
    immuta: [],
    answers: ['FAILED none', 'SUCCESS none'],
    stack: 'ROLLBACK_COMPLETE',
    reason: expect.stringMatching(/a redirection to 'http:\/\/127\.0\.0\.1:\d+'; it is not followed, so that the API key stays with the tenant/),
  });
  expect(followed).toEqual([]);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test.each([['Update', 'PUT', 307], ['Delete', 'DELETE', 308]] as const)('the key does not follow when a redirect answers the %s', async (operation, method, status) => {
  await prepare(sandbox.current, operation);
  const { immuta } = sandbox.current;
  immuta.faults.http({ method, behaviour: 'answer', answer: { status, headers: { location: 'http://127.0.0.1:9/integrations/101' } } });

  expect(await carryOut(sandbox.current, operation)).toEqual({
    immuta: inOrder(101, 'sales'),
    answers: operation === 'Update' ? ['FAILED 101', 'SUCCESS 101'] : ['FAILED 101'],
    stack: operation === 'Update' ? 'UPDATE_ROLLBACK_COMPLETE' : 'DELETE_FAILED',
    reason: expect.stringMatching(/a redirection to 'http:\/\/127\.0\.0\.1:9'; it is not followed/),
  });
});

test('answers that drip near the end of a run leave time to hand over to the next', async () => {
  const { immuta, clock, lambda } = sandbox.current;
  lambda.deadlineScale = 0.01;
  immuta.switches.durations.creating = 20 * 60_000;
  const drip = () => immuta.faults.http({ method: 'GET', path: /101$/, behaviour: 'drip', dripMs: 100, times: 2 });
  immuta.faults.http({ method: 'POST', run: () => clock.at(clock.now() + 825_000, drip) });

  expect(await carryOut(sandbox.current, 'Create')).toEqual(GOOD.Create);

  const [first, second, ...more] = lambda.invocations;
  expect([first, second].map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(more).toEqual([]);
  // beyond the minute that is kept in reserve, and within it
  expect(first.endedAt! - first.startedAt).toBeGreaterThan(840_000);
  expect(first.endedAt! - first.startedAt).toBeLessThan(900_000);
});
