import { execFile } from 'node:child_process';
import { Stack, Stage } from 'aws-cdk-lib';
import { Sandbox } from '../sandbox/sandbox';

const CDK = require.resolve('aws-cdk/bin/cdk');

/** Returns what `cdk diff` prints about the resources of a stack, by its synthesized app. */
export async function diff(sandbox: Sandbox, stack: Stack): Promise<string> {
  const { directory } = Stage.of(stack)!.synth({ force: true });
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    CI: '1',
    NO_COLOR: '1',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    ...sandbox.env,
  };
  const output = await new Promise<string>((resolve, reject) => {
    const args = [CDK, 'diff', '--app', directory, '--no-change-set', '--no-notices', '--no-color'];
    execFile(process.execPath, args, { env }, (error, stdout, stderr) =>
      error ? reject(error) : resolve(stdout + stderr),
    );
  });
  return output.replace(/\u001b\[\d+m/g, '');
}
