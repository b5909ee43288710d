import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const { excluded } = JSON.parse(readFileSync(path.join(ROOT, 'mutation/groups.json'), 'utf8'));

const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');

test('names each source file in one group of mutation testing, or says why not', () => {
  const sources = run('git', 'ls-files', '--cached', '--others', '--exclude-standard', 'src/handler', 'src/private');
  const inGroups = run('node', 'mutation/main.mjs', '--files').map((line) => line.split(' ')[1]);

  expect([...inGroups, ...Object.keys(excluded)].sort())
    .toEqual(sources.filter((file) => existsSync(path.join(ROOT, file))).sort());
});
