import { ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

let child: ChildProcess;
afterEach(() => child.kill('SIGKILL'));

test('prints what a reader needs, subscribes on request and ends at an interrupt', async () => {
  child = spawn(process.execPath, [require.resolve('tsx/cli'), 'test/sandbox/main.ts'], { cwd: ROOT });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let output = '';
  const written = (text: RegExp) => new Promise<RegExpMatchArray>((resolve) => {
    const look = () => {
      const match = output.match(text);
      if (match) resolve(match);
    };
    child.stdout!.on('data', look);
    look();
  });
  child.stdout!.on('data', (data) => { output += data; });

  const [, endpoint] = await written(/^export AWS_ENDPOINT_URL=(http:\S+)$/m);
  await written(/^URL of Immuta +https:\/\/127\.0\.0\.1:\d+$/m);
  await written(/^secret +immuta\/api-key/m);
  await written(/^subscribe '<data source>' <ARN of a role>$/m);
  expect((await fetch(endpoint)).status).toBe(403); // without credentials

  child.stdin!.write("subscribe 'Sales orders' arn:aws:iam::111122223333:role/analyst\n");
  await written(/^Data source Sales orders not found\.$/m);
  child.stdin!.write('subscribe me\n');
  await written(/^Type: subscribe '<data source>' <ARN of a role>$/m);

  child.kill('SIGINT');
  expect(await ended).toBe(0);
});
