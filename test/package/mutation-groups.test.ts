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

test('shows in reliability.md the sum of the results of all files', () => {
  const read = (page: string) => readFileSync(path.join(ROOT, 'docs/internals', page), 'utf8');
  const rows = [...read('mutation.md').matchAll(/^\| `[^`]+` \| (\d+) \| (\d+) \| (\d+) % \|$/gm)]
    .map((row) => row.slice(1).map(Number));
  const sum = (column: number) => rows.reduce((total, row) => total + row[column], 0);
  const [changes, found] = [sum(0), sum(1)];

  expect(rows.filter(([all, some, score]) => Math.round(100 * some / all) !== score)).toEqual([]);
  expect(read('reliability.md').replace(/\s+/g, ' ')).toContain(
    `found ${found.toLocaleString('en')} of ${changes.toLocaleString('en')} changes, which is `
    + `${Math.round(100 * found / changes)} %.`,
  );
});
