import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly startedAt: string;
}

/**
 * Creates a lock file for this process, in place of one of a process that has ended. Returns a function that deletes
 * it.
 *
 * @throws Error if another process has it
 */
export function lock(file: string): () => void {
  const text = JSON.stringify({ pid: process.pid, host: hostname(), startedAt: new Date().toISOString() } as Owner);
  if (!create(file, text)) {
    removeStale(file);
    if (!create(file, text)) throw new Error(describe(file));
  }
  return () => {
    if (read(file) === text) rmSync(file);
  };
}

function create(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeStale(file: string): void {
  const owner = parse(read(file));
  if (owner && !mayRun(owner)) rmSync(file, { force: true });
}

/** Whether the process may still run. This machine does not know the processes of another one. */
function mayRun({ pid, host }: Owner): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return false; // In a container, a process may have the ID of the one before.
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function describe(file: string): string {
  const owner = parse(read(file));
  const who = owner ? ` (process ${owner.pid} on ${owner.host}, since ${owner.startedAt})` : '';
  return `another kit${who} runs in this folder. Wait until it has ended, or press Ctrl-C there. If no such process `
    + `runs, delete '${file}'.`;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text = ''): Owner | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
