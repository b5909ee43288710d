import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import * as path from 'node:path';
import { lock } from '../../live/lock';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'live-'));
  file = path.join(folder, 'live-state.json.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (pid: number, host = hostname()) =>
  writeFileSync(file, JSON.stringify({ pid, host, startedAt: '2025-01-01T00:00:00.000Z' }));
const endedPid = () => spawnSync(process.execPath, ['--version']).pid;

test('locks a folder, and frees it', () => {
  const free = lock(file);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
  free();
  expect(existsSync(file)).toBe(false);
});

test('fails while another kit runs, and says which one', () => {
  write(process.ppid);
  expect(() => lock(file)).toThrow(
    `another kit (process ${process.ppid} on ${hostname()}, since 2025-01-01T00:00:00.000Z) runs in this folder. `
    + `Wait until it has ended, or press Ctrl-C there. If no such process runs, delete '${file}'.`,
  );
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.ppid });
});

test.each([
  ['has crashed', endedPid],
  ['has crashed in a container and had the same process ID', () => process.pid],
])('takes the lock of a kit that %s', (_, getPid) => {
  write(getPid());
  lock(file)();
  expect(existsSync(file)).toBe(false);
});

test('fails when the lock is of another machine, whose processes do not show', () => {
  write(endedPid(), 'another-machine');
  expect(() => lock(file)).toThrow('on another-machine, since 2025-01-01T00:00:00.000Z) runs in this folder');
});

test('says which file to delete when the lock cannot be read', () => {
  writeFileSync(file, '');
  expect(() => lock(file)).toThrow(
    'another kit runs in this folder. Wait until it has ended, or press Ctrl-C there. If no such process runs, delete '
    + `'${file}'.`,
  );
});

test('keeps the lock of another kit when it frees its own', () => {
  const free = lock(file);
  write(process.ppid);
  free();
  expect(existsSync(file)).toBe(true);
});
