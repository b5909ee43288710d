import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import * as path from 'node:path';
import { createLive, findLeftovers, NOTHING } from './fixture';
import { CdkDeployer } from '../../live/cdk';
import { runKit } from '../../live/run';
import { DEFAULT_API_KEY } from '../sandbox/immuta';
import { Sandbox, SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

const ROOT = path.resolve(__dirname, '../..');
const TOOLKIT = 'CDKToolkit';

let sandbox: Sandbox;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'live-'));
  sandbox = await Sandbox.start();
  expect(await run([process.execPath, require.resolve('aws-cdk/bin/cdk'), 'bootstrap', '--no-notices',
    `aws://${SANDBOX_ENV.account}/${SANDBOX_ENV.region}`])).toMatchObject({ code: 0 });
});
afterEach(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
  /** Whether a report was there when the program ended. */
  readonly hasReport: boolean;
}

/** A program against the sandbox. `onOutput` gets all that it has written. */
function run(
  [program, ...args]: string[],
  onOutput: (output: string, interrupt: () => void) => void = () => {},
  more: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, CI: '1', NODE_EXTRA_CA_CERTS: sandbox.immuta.caFile, ...sandbox.env, ...more };
  const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const onData = (chunk: Buffer) => {
    output += chunk.toString();
    // A terminal sends it to all processes of the group.
    onOutput(output, () => process.kill(-child.pid!, 'SIGINT'));
  };
  child.stdout.on('data', onData);
  child.stderr.on('data', onData);
  let hasReport = false;
  child.on('exit', () => {
    hasReport = existsSync(path.join(folder, 'live-report.json'));
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output, hasReport })));
}

/** `npm run live`, in a folder of its own. */
function live(experiment: string, onOutput?: (output: string, interrupt: () => void) => void) {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const script = scripts.live.replace('projen bundle', 'true'); // The bundle is there.
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ scripts: { live: script } }));
  ['live', 'node_modules'].forEach((name) => symlinkSync(path.join(ROOT, name), path.join(folder, name)));
  return run([
    'npm', 'run', 'live', '--', '--yes', '--only', experiment,
    '--url', sandbox.immuta.url, '--secret', SANDBOX_API_KEY_SECRET, '--bucket', SANDBOX_BUCKET,
    '--principal', sandbox.immuta.identity.principal,
  ], onOutput, { NODE_OPTIONS: `--require ${path.join(__dirname, 'local-host.cjs')}` });
}

/** The bootstrap stack remains, with its roles and its repository. */
function findOwnLeftovers() {
  const { stacks, roles, others, ...more } = findLeftovers(createLive(sandbox, path.join(folder, 'live-state.json')));
  return {
    ...more,
    stacks: stacks.filter((name) => name !== TOOLKIT),
    roles: roles.filter((arn) => !arn.includes(':role/cdk-')),
    others: others.filter((arn) => !arn.includes(':repository/cdk-')),
  };
}

test('deploys, fails, tries again and destroys with the cdk CLI', async () => {
  const output: string[] = [];
  const deployer = new CdkDeployer((text) => output.push(text), { ...process.env, ...sandbox.env });
  const { kit } = createLive(sandbox, path.join(folder, 'live-state.json'), deployer);

  const report = await runKit({ ...kit, options: { ...kit.options, only: ['deleted-record', 'retry-order'] } });

  expect(report).toMatchObject({
    results: [{ id: 'deleted-record', outcome: 'as expected' }, { id: 'retry-order', outcome: 'as expected' }],
    leftovers: [],
  });
  expect(output.join('')).toContain('ImmutaLive-a1b2c3-Base');
  expect(findOwnLeftovers()).toEqual(NOTHING);
});

test('writes a report without secrets and account numbers', async () => {
  const { code, output } = await live('event-age');

  expect(output).toContain('Wrote live-report.md and live-report.json');
  expect(code).toBe(0);
  const [markdown, json] = ['md', 'json'].map((type) => readFileSync(path.join(folder, `live-report.${type}`), 'utf8'));
  expect(JSON.parse(json)).toMatchObject({ results: [{ id: 'event-age', outcome: 'as expected' }], leftovers: [] });
  expect(markdown).toContain('## event-age: as expected');
  for (const text of [DEFAULT_API_KEY, SANDBOX_ENV.account, sandbox.immuta.url]) {
    expect(markdown + json).not.toContain(text);
  }
  expect(output).not.toContain(DEFAULT_API_KEY);
  expect(existsSync(path.join(folder, 'live-state.json.lock'))).toBe(false);
  expect(findOwnLeftovers()).toEqual(NOTHING);
});

test('refuses a second kit in one folder', async () => {
  const file = path.join(folder, 'live-state.json.lock');
  const other = { pid: process.pid, host: hostname(), startedAt: 'now' };
  writeFileSync(file, JSON.stringify(other));
  const { code, output } = await live('event-age');
  expect(output).toContain(`another kit (process ${process.pid} on ${hostname()}, since now) runs in this folder`);
  expect(code).toBe(1);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(other);
});

test('destroys what it has deployed after Ctrl-C', async () => {
  let interrupted = false;
  const { output, hasReport } = await live('cancellation', (text, interrupt) => {
    if (interrupted || !text.includes('CREATE_IN_PROGRESS')) return;
    interrupted = true;
    interrupt();
  });

  expect(output).toContain('Ends after this step');
  expect(hasReport).toBe(true);
  expect(output).toContain('ended by the user');
  expect(existsSync(path.join(folder, 'live-state.json'))).toBe(false);
  expect(findOwnLeftovers()).toEqual(NOTHING);
});
