/**
 * Creates everything that a release publishes, in a clone of the last commit, and checks it. Publishes nothing:
 *
 *     npx projen release:rehearse
 *
 * It needs the tools of all languages. Without the .NET SDK it leaves C# out and says so.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { PARTS } from './check-release';

const ROOT = path.resolve(__dirname, '..');
const TASKS = ['bump', 'bundle', 'compile', 'package:js', 'package:python', 'package:java', 'package:go'];
const hasDotnet = spawnSync('dotnet', ['--version'], { stdio: 'ignore' }).status === 0;

function rehearse(clone: string): void {
  const run = (command: string, ...args: string[]) => {
    console.log(`$ ${command} ${args.join(' ')}`);
    execFileSync(command, args, { cwd: clone, stdio: ['ignore', 'inherit', 'inherit'] });
  };
  const read = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: clone, encoding: 'utf8' });

  run('git', 'clone', '--quiet', ROOT, '.');
  // The first release needs a tag to count from.
  if (!read('git', 'tag')) run('git', 'tag', 'v0.0.0', read('git', 'rev-list', '--max-parents=0', 'HEAD').trim());
  run('npm', 'ci', '--prefer-offline', '--no-audit', '--no-fund'); // npm describes only packages of its own tree
  for (const task of [...TASKS, ...hasDotnet ? ['package:dotnet'] : [], 'references', 'sbom', 'unbump']) {
    run('npx', 'projen', task);
  }
  run('git', 'diff', '--exit-code');

  const dist = path.join(ROOT, 'dist');
  fs.rmSync(dist, { recursive: true, force: true });
  fs.cpSync(path.join(clone, 'dist'), dist, { recursive: true });
  const parts = PARTS.filter((part) => hasDotnet || part !== 'nuget');
  run('npx', 'tsx', path.join(__dirname, 'check-release.ts'), '--dist', dist, ...parts);
  if (!hasDotnet) console.log('C# was left out: there is no .NET SDK. The workflow packages it.');
}

const folder = fs.mkdtempSync(path.join(tmpdir(), 'release-'));
try {
  rehearse(folder);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
