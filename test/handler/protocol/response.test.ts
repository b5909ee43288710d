import { ServerResponse } from 'node:http';
import { respond } from '../../../src/handler/protocol/response';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { HttpServer } from '../../support/http-server';
import { TestClock } from '../support/test-clock';

let server: HttpServer;
let answers: ((response: ServerResponse) => void)[];
let log: string[];
beforeEach(async () => {
  answers = [];
  log = [];
  server = await HttpServer.start((_, response) => (answers.shift() ?? ((each: ServerResponse) => each.end()))(response));
});
afterEach(() => server.close());

const status = (code: number) => (response: ServerResponse) => { response.writeHead(code).end(); };

async function answer(remainingMs: number, url = `${server.url}/r?X-Amz-Signature=secret`): Promise<TestClock> {
  const clock = new TestClock();
  const endsAt = clock.now() + remainingMs;
  await respond(url, Buffer.from('{"Reason":"Größe"}'), {
    clock,
    log: createLog({ clock, redaction: new Redaction(), write: (line) => log.push(line) }),
    remainingMs: () => endsAt - clock.now(),
  });
  return clock;
}

test('an answer is put as CloudFormation signed it: its length in bytes, no content type', async () => {
  await answer(60_000);

  expect(server.requests).toMatchObject([{
    method: 'PUT',
    url: '/r?X-Amz-Signature=secret',
    headers: { 'content-length': '20', 'content-type': '' },
    body: '{"Reason":"Größe"}',
  }]);
});

test('an answer is put again after a failure of the server or the network', async () => {
  answers = [status(503), (response) => { response.destroy(); }, status(500)];
  const clock = await answer(60_000);

  expect(server.requests).toHaveLength(4);
  expect(clock.sleeps).toEqual([1_000, 2_000, 4_000]);
});

test('it is given up, without an error, when there is no time left', async () => {
  answers = Array(50).fill(status(503));
  await answer(30_000);

  expect(server.requests).toHaveLength(6); // after 0, 1, 3, 7, 15 and 25 seconds; another 10 are too many
  expect(JSON.parse(log[log.length - 1])).toMatchObject({ step: 'answer-not-delivered', code: 503 });
});

test('it is given up at once when it is refused: the URL has expired', async () => {
  answers = [status(403)];
  await answer(60_000);

  expect(server.requests).toHaveLength(1);
});

test.each(['', 'not a URL', 'http://127.0.0.1:1/r?X-Amz-Signature=secret'])('an answer to %p throws nothing and logs no URL', async (url) => {
  await answer(10_000, url);

  expect(log.join()).not.toContain('secret');
  expect(log.join()).toContain('answer-not-delivered');
});
