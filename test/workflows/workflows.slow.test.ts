import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const WORKFLOWS = path.join(ROOT, '.github/workflows');

/** The tools come from their registries, in the versions that are named here. */
const ZIZMOR = '1.32.0';
const ACTIONLINT = '1.7.12';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'workflows-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('has no finding of zizmor above informational', () => {
  execFileSync('python3', ['-m', 'venv', folder]);
  execFileSync(path.join(folder, 'bin/pip'), ['install', '--quiet', '--only-binary', ':all:', `zizmor==${ZIZMOR}`]);
  const args = ['--offline', '--min-severity', 'low', '--format', 'plain', '--color', 'never', '.github'];
  const { status, stdout, stderr } = spawnSync(path.join(folder, 'bin/zizmor'), args, { cwd: ROOT, encoding: 'utf8' });
  expect(`${status}: ${stdout}`).toMatch(/^0: No findings to report/);
  expect(stderr).toContain('release.yml');
});

test('has no finding of actionlint', () => {
  const files = readdirSync(WORKFLOWS).map((file) => path.join(WORKFLOWS, file));
  expect(files.length).toBeGreaterThan(2);
  const lint = `github.com/rhysd/actionlint/cmd/actionlint@v${ACTIONLINT}`;
  // Without the linters that a machine may have or lack.
  const options = ['-no-color', '-shellcheck=', '-pyflakes='];
  const { status, stdout } = spawnSync('go', ['run', lint, ...options, ...files], { cwd: folder, encoding: 'utf8' });
  expect(`${status}: ${stdout}`).toBe('0: ');
});
