import { HandlerSandbox } from './handler-sandbox';
import { onEveryMethod } from './operations';
import { Answer, HttpFault } from '../../sandbox/immuta';

export interface Fault {
  readonly name: string;
  /** Lets it happen to so many requests of each method. */
  readonly strike: (sandbox: HandlerSandbox, times: number) => void;
  /** What a user reads when it stays. */
  readonly reason: RegExp;
}

const http = (fault: HttpFault) => (sandbox: HandlerSandbox, times: number) =>
  onEveryMethod(sandbox, { ...fault, times });
/** One after the other, or the first permanently. */
const burst = (answers: Answer[]) => (sandbox: HandlerSandbox, times: number) =>
  answers.forEach((each) => onEveryMethod(sandbox, { behaviour: 'answer', answer: each, times: times / 2 }));
export const tooMany = (retryAfter: string): Answer => ({ status: 429, headers: { 'retry-after': retryAfter } });
const answer = (status: number, body: unknown) => http({ behaviour: 'answer', answer: { status, body } });

export const FAULTS: Fault[] = [
  {
    name: 'connections are refused',
    strike: ({ immuta, clock }, times) => {
      void immuta.stop();
      if (times < Infinity) clock.at(clock.now() + 3_000, () => immuta.listen());
    },
    reason: /no answer from Immuta at http:\/\/127\.0\.0\.1:\d+ to GET \/integrations\S*: ECONNREFUSED/,
  },
  {
    name: 'connections are reset',
    strike: http({ behaviour: 'reset' }),
    reason: /no answer from Immuta .*: UND_ERR_SOCKET: other side closed/,
  },
  {
    name: 'answers are lost',
    strike: http({ behaviour: 'lose' }),
    reason: /no answer from Immuta .*: UND_ERR_SOCKET: other side closed/,
  },
  {
    name: 'answers break off',
    strike: http({ behaviour: 'half' }),
    reason: /no answer from Immuta .*: UND_ERR_SOCKET: other side closed/,
  },
  {
    name: 'answers are HTML',
    strike: answer(200, '<html>Sign in</html>'),
    reason:
      /unexpected response from Immuta to GET .*: it is not JSON; retried .*\. Check that 'url' of the ImmutaTenant/,
  },
  {
    name: 'answers are 404 in HTML',
    strike: answer(404, '<h1>default backend - 404</h1>'),
    reason: /a gateway .* answered 404 to GET .*: default backend - 404; retried .*\[GATEWAY_ANSWERED\]$/,
  },
  {
    name: 'answers are 404 in JSON without a message',
    strike: answer(404, { error: 'no route' }),
    reason: /a gateway .* answered 404 to GET .*: \{"error":"no route"\}; retried/,
  },
  {
    name: 'answers are 404 of an API gateway that knows no route',
    strike: answer(404, { message: 'no Route matched with those values' }),
    reason: /a gateway .* answered 404 to GET .*: \{"message":"no Route matched with those values"\}; retried/,
  },
  {
    name: 'answers are 404 and empty',
    strike: answer(404, ''),
    reason: /unexpected response from Immuta to GET .*: it is 404 without a message of Immuta's/,
  },
  {
    name: 'answers are empty',
    strike: answer(200, ''),
    reason: /unexpected response from Immuta to GET .*: it is empty; retried .*\. Check that 'url' of the ImmutaTenant/,
  },
  {
    name: 'answers have 6 MB',
    strike: http({ behaviour: 'huge', megabytes: 6 }),
    reason: /unexpected response from Immuta to GET .*: its body is longer than 5000000 bytes/,
  },
  {
    name: 'answers are 5xx',
    strike: burst([500, 502, 503, 504].map((status) => ({ status, body: '<h1>Down</h1>' }))),
    reason: /Immuta answered 500 to GET .*: Down/,
  },
  {
    name: 'answers are 429',
    strike: burst(['20', 'Mon, 23 Nov 2026 04:27:30 GMT', 'Fri, 31 Dec 1999 23:59:59 GMT', 'soon', ''].map(tooMany)),
    reason: /Immuta answered 429 to GET.*\[IMMUTA_RATE_LIMITED\]$/,
  },
  {
    name: 'answers are 429, for a day',
    strike: burst([tooMany('86400')]),
    reason: /Immuta answered 429 to GET.*\[IMMUTA_RATE_LIMITED\]$/,
  },
];
