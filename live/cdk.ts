import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { Deployer, DeployOptions } from './stacks';

const CDK = require.resolve('aws-cdk/bin/cdk');
const LONGEST_OUTPUT = 2_000;

/** Deploys with the real `cdk` CLI. */
export class CdkDeployer implements Deployer {
  /** @param env Environment of the CLI. @default - that of this process */
  constructor(private readonly log: (text: string) => void, private readonly env: NodeJS.ProcessEnv = process.env) {}

  async deploy(stack: Stack, { rollback = true, express = false }: DeployOptions): Promise<void> {
    const { directory } = Stage.of(stack)!.synth({ force: true });
    const options = [...rollback ? [] : ['--no-rollback'], ...express ? ['--express'] : []];
    const { code, output } = await this.run(
      'deploy', stack.stackName, '--app', directory, '--require-approval', 'never', '--progress', 'events', ...options,
    );
    // A deployment that fails in CloudFormation is a result. One that does not reach it ends the experiment.
    if (code !== 0 && !/_FAILED|_ROLLBACK_COMPLETE|ROLLBACK_COMPLETE/.test(output)) {
      throw new Error(`cdk deploy failed: ${output.slice(-LONGEST_OUTPUT)}`);
    }
  }

  /** Needs no app: a stack of the same name is enough. */
  async destroy(stackName: string): Promise<void> {
    const outdir = mkdtempSync(path.join(tmpdir(), 'immuta-live-'));
    try {
      const app = new App({ outdir });
      new Stack(app, stackName);
      await this.run('destroy', stackName, '--app', app.synth().directory, '--force');
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  }

  private run(...args: string[]): Promise<{ readonly code: number | null; readonly output: string }> {
    const env = { ...this.env, CI: 'true', NODE_NO_WARNINGS: '1', CDK_DISABLE_CLI_TELEMETRY: 'true' };
    // In a process group of its own: Ctrl-C ends the kit in order, not a deployment in the middle.
    const child = spawn(process.execPath, [CDK, '--no-notices', ...args], {
      env, detached: true, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const onData = (chunk: Buffer) => {
      output += chunk.toString();
      this.log(chunk.toString());
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, output }));
    });
  }
}
