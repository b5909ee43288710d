import { execFile } from 'node:child_process';
import { Sandbox } from './sandbox';

const CDK = require.resolve('aws-cdk/bin/cdk');

/** Runs the `cdk` CLI against the sandbox; resolves with its exit code and all that it wrote. */
export function runCdk(sandbox: Sandbox, ...args: string[]): Promise<{ code: number; output: string }> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, CI: '1', ...sandbox.env };
  return new Promise((resolve) => {
    execFile(process.execPath, [CDK, '--no-notices', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }));
  });
}
