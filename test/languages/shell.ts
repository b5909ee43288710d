import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command line in a shell. Resolves with what it wrote; rejects with that if it fails. */
export function run(commandLine: string, { cwd, env }: RunOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(commandLine, {
      cwd,
      env: { ...process.env, ...env },
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.on('error', reject);
    child.on('close', (code) => code === 0 ? resolve(output) : reject(new CommandFailed(commandLine, code, output)));
  });
}

export class CommandFailed extends Error {
  constructor(commandLine: string, code: number | null, readonly output: string) {
    super(`'${commandLine}' ended with ${code}:\n${output}`);
  }
}
