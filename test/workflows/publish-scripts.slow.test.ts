import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, IncomingMessage, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const SCRIPTS = path.resolve(__dirname, '../../.github');
const VERSION = '1.2.3';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'publish-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

function run(script: string, env: Record<string, string>): Promise<{ status: number | null; output: string }> {
  const child = spawn(path.join(SCRIPTS, script), {
    cwd: folder, env: { PATH: process.env.PATH, HOME: folder, GNUPGHOME: path.join(folder, 'no-keys'), ...env },
  });
  let output = '';
  [child.stdout, child.stderr].forEach((stream) => stream.on('data', (data) => (output += data)));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, output })));
}

describe('publish-maven.sh', () => {
  const PASSPHRASE = 'secret passphrase';
  const BASE = `io/github/example/thing/${VERSION}/thing-${VERSION}`;
  let keys: string;
  let privateKey: string;

  const gpg = (...args: string[]) => execFileSync('gpg', ['--homedir', keys, '--batch', '--quiet', ...args], {
    encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
  });

  beforeAll(() => {
    keys = mkdtempSync(path.join(tmpdir(), 'keys-'));
    const unlocked = ['--pinentry-mode', 'loopback', '--passphrase', PASSPHRASE];
    gpg(...unlocked, '--quick-generate-key', 'Test <test@example.com>', 'ed25519', 'sign');
    privateKey = gpg(...unlocked, '--armor', '--export-secret-keys');
  });
  afterAll(() => {
    execFileSync('gpgconf', ['--homedir', keys, '--kill', 'all']);
    rmSync(keys, { recursive: true });
  });

  interface Portal { readonly requests: string[]; readonly authorizations: Set<string | undefined>; bundle?: Buffer }
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** Answers with one state after the other. */
  async function startPortal(answers: object[]): Promise<{ portal: Portal; url: string }> {
    const portal: Portal = { requests: [], authorizations: new Set() };
    const readBody = async (request: IncomingMessage) => Buffer.concat(await request.toArray());
    server = createServer(async (request, response) => {
      portal.requests.push(`${request.method} ${request.url}`);
      portal.authorizations.add(request.headers.authorization);
      const body = await readBody(request);
      if (request.url!.includes('/upload')) {
        const start = body.indexOf('\r\n\r\n') + 4;
        portal.bundle = body.subarray(start, body.lastIndexOf('\r\n--'));
        response.writeHead(201).end('28570f16');
      } else {
        response.writeHead(200).end(JSON.stringify(answers.shift()));
      }
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return { portal, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  beforeEach(() => {
    ['.jar', '-sources.jar', '-javadoc.jar', '.pom'].forEach((suffix) => {
      write(`dist/java/${BASE}${suffix}`, `content of ${suffix}`);
      write(`dist/java/${BASE}${suffix}.md5`, 'md5');
      write(`dist/java/${BASE}${suffix}.sha1`, 'sha1');
    });
    write('dist/java/io/github/example/thing/maven-metadata.xml', '<metadata/>');
  });

  const publish = (url: string, dryRun = 'false') => run('publish-maven.sh', {
    CENTRAL_PORTAL_URL: url,
    DRY_RUN: dryRun,
    POLL_SECONDS: '0',
    MAVEN_USERNAME: 'user',
    MAVEN_PASSWORD: 'secret word',
    MAVEN_GPG_PRIVATE_KEY: privateKey,
    MAVEN_GPG_PRIVATE_KEY_PASSPHRASE: PASSPHRASE,
  });

  test('uploads a signed bundle and waits until it is validated', async () => {
    const { portal, url } = await startPortal(
      ['PENDING', 'VALIDATING', 'PUBLISHING'].map((deploymentState) => ({ deploymentState, errors: {} })),
    );
    const { status, output } = await publish(url);
    expect(`${status}: ${output}`).toMatch(/^0: /);
    const poll = 'POST /api/v1/publisher/status?id=28570f16';
    expect(portal.requests).toEqual(['POST /api/v1/publisher/upload?publishingType=AUTOMATIC', poll, poll, poll]);
    // user:secret word
    expect([...portal.authorizations]).toEqual(['Bearer dXNlcjpzZWNyZXQgd29yZA==']);

    writeFileSync(path.join(folder, 'bundle.zip'), portal.bundle!);
    execFileSync('unzip', ['-q', 'bundle.zip', '-d', 'bundle'], { cwd: folder });
    ['.jar', '-sources.jar', '-javadoc.jar', '.pom'].forEach((suffix) => {
      const file = path.join(folder, 'bundle', `${BASE}${suffix}`);
      expect(readFileSync(file, 'utf8')).toBe(`content of ${suffix}`);
      expect([`${file}.md5`, `${file}.sha1`].filter((checksum) => !existsSync(checksum))).toEqual([]);
      gpg('--verify', `${file}.asc`, file);
    });
    expect(existsSync(path.join(folder, 'bundle/io/github/example/thing/maven-metadata.xml'))).toBe(false);
  });

  test('prints no secret and leaves no key', async () => {
    const { url } = await startPortal([{ deploymentState: 'PUBLISHED' }]);
    const { status, output } = await publish(url);
    expect(status).toBe(0);
    expect(output).not.toMatch(/secret|dXNlcjpzZWNyZXQgd29yZA|PRIVATE KEY/);
    expect(existsSync(path.join(folder, 'no-keys'))).toBe(false);
    expect(existsSync(path.join(folder, `dist/java/${BASE}.jar.asc`))).toBe(false);
  });

  test('fails and shows the errors when the bundle is refused', async () => {
    const errors = { 'pkg:maven/thing': ['Javadocs must be provided'] };
    const { url } = await startPortal([{ deploymentState: 'FAILED', errors }]);
    const { status, output } = await publish(url);
    expect(status).toBe(1);
    expect(output).toContain('Javadocs must be provided');
  });

  test('succeeds when an earlier attempt has published the version', async () => {
    const errors = { 'pkg:maven/thing': [`Component with package url: 'pkg:maven/thing@${VERSION}' already exists`] };
    const { url } = await startPortal([{ deploymentState: 'FAILED', errors }]);
    expect((await publish(url)).status).toBe(0);
  });

  test('fails when the portal does not answer as expected', async () => {
    const { url } = await startPortal([{ deploymentState: 'FAILED' }]);
    expect((await publish(`${url.replace(/\d+$/, '1')}`)).status).not.toBe(0);
  });

  test('sends nothing in a dry run', async () => {
    const { portal, url } = await startPortal([]);
    const { status, output } = await publish(url, 'true');
    expect(status).toBe(0);
    expect(output).toContain(`thing-${VERSION}.pom.asc`);
    expect(portal.requests).toEqual([]);
  });
});

describe('publish-go.sh', () => {
  const TAG = `refs/tags/example/v${VERSION}`;
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

  beforeEach(() => {
    write('dist/go/example/go.mod', 'module github.com/acme/thing-go/example\n\ngo 1.25\n');
    write('dist/go/example/version', VERSION);
    git('init', '--quiet', '--bare', '--initial-branch', 'main', 'remote.git');
    write('.gitconfig', `[url "${folder}/remote.git"]\n  insteadOf = https://github.com/acme/thing-go.git\n`);
  });

  const publish = (dryRun = 'false') => run('publish-go.sh', { DRY_RUN: dryRun, GO_GITHUB_TOKEN: 'secret' });
  const listFiles = (ref: string) => git('-C', 'remote.git', 'ls-tree', '-r', '--name-only', ref).trim().split('\n');

  test('pushes a commit and a tag to an empty repository', async () => {
    const { status, output } = await publish();
    expect(`${status}: ${output}`).toMatch(/^0: /);
    expect(output).not.toMatch(/secret|eC1hY2Nlc3MtdG9rZW4/);
    expect(listFiles('main')).toEqual(['example/go.mod', 'example/version']);
    expect(git('-C', 'remote.git', 'rev-parse', TAG)).toBe(git('-C', 'remote.git', 'rev-parse', 'main'));
  });

  test('replaces the module and keeps what else the repository has', async () => {
    await publish();
    git('clone', '--quiet', 'remote.git', 'other');
    write('other/README.md', 'by hand');
    git('-C', 'other', 'add', '.');
    git('-C', 'other', '-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '-m', 'readme');
    git('-C', 'other', 'push', '--quiet');
    write('dist/go/example/go.mod', 'module github.com/acme/thing-go/example/v2\n');
    write('dist/go/example/version', '2.0.0');
    expect((await publish()).status).toBe(0);
    expect(listFiles('refs/tags/example/v2.0.0')).toEqual(['README.md', 'example/go.mod', 'example/version']);
  });

  test('changes nothing when an earlier attempt has published the version', async () => {
    await publish();
    const before = git('-C', 'remote.git', 'rev-parse', 'main');
    expect((await publish()).status).toBe(0);
    expect(git('-C', 'remote.git', 'rev-parse', 'main')).toBe(before);
  });

  test('pushes nothing in a dry run', async () => {
    expect((await publish('true')).status).toBe(0);
    expect(git('ls-remote', 'remote.git')).toBe('');
  });
});
