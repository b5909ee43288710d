/**
 * What `npm test` and `npm run test:full` run: bundles and compiles, then runs a jest task and the checks beside it,
 * one after another. ESLint needs no build, so it starts at once.
 *
 * Prints the lines of jest as they come, and the output of another task if it fails. The last line is the closing line
 * of jest, in which each other task that failed counts as a failure.
 *
 * Usage: tsx test/support/run-tests.ts <jest task> [<task that needs the build>…]
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const CLOSING_LINE = /^(\d+) passed, (\d+) failed(.*)$/;

const projen = require.resolve('projen/bin/projen');
const env = { ...process.env, ...process.stdout.isTTY && { FORCE_COLOR: '1' } };

/** Runs a task of projen; resolves with whether it succeeded. */
async function run(task: string, onLine: (line: string) => void): Promise<boolean> {
  const startedAt = Date.now();
  const child = spawn(process.execPath, [projen, task], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', onLine);
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  console.log(`--- ${task}: ${code === 0 ? 'ok' : 'FAILED'} after ${Math.round((Date.now() - startedAt) / 1000)} s`);
  return code === 0;
}

let failedTasks = 0;

async function check(task: string): Promise<boolean> {
  const lines: string[] = [];
  const succeeded = await run(task, (line) => lines.push(line));
  if (!succeeded) {
    console.log(lines.join('\n'));
    failedTasks++;
  }
  return succeeded;
}

/** Resolves with the numbers of tests that passed and failed, and what the closing line says besides. */
async function runJest(task: string): Promise<[passed: number, failed: number, more: string]> {
  let closing: RegExpMatchArray | null = null;
  const succeeded = await run(task, (line) => {
    const match = CLOSING_LINE.exec(line);
    closing = match ?? closing;
    if (!match) console.log(line);
  });
  const [, passed, failed, more] = closing ?? ['', '0', '0', ''];
  return [Number(passed), Number(failed) || (succeeded ? 0 : 1), more];
}

async function main([jestTask, ...moreTasks]: string[]): Promise<void> {
  const build = Promise.all([check('bundle'), check('compile')]).then((outcomes) => !outcomes.includes(false));
  const lint = check('eslint');
  const checkBuild = async () => {
    await lint;
    if (await build) {
      for (const task of ['typecheck', ...moreTasks]) await check(task);
    }
  };
  const checks = checkBuild();
  const [passed, failed, more] = await build ? await runJest(jestTask) : [0, 0, ''];
  await checks;

  process.exitCode = failed + failedTasks > 0 ? 1 : 0;
  console.log(`${passed} passed, ${failed + failedTasks} failed${more}`);
}

void main(process.argv.slice(2));
