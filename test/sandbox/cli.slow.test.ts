import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, CfnOutput, CustomResource, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { runCdk } from './cdk-cli';
import { Sandbox, SANDBOX_ENV } from './sandbox';

let sandbox: Sandbox;
let folder: string;
beforeEach(async () => {
  sandbox = await Sandbox.start();
  folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
});
afterEach(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const cdk = (...args: string[]) => runCdk(sandbox, ...args);

/** A cloud assembly with a stack whose custom resource has these properties. */
function synthesize(name: string, properties: Record<string, unknown>): string {
  const stack = new Stack(new App({ outdir: path.join(folder, name) }), 'Test', { env: SANDBOX_ENV });
  const fn = new lambda.Function(stack, 'Fn', {
    runtime: lambda.Runtime.NODEJS_20_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(path.join(__dirname, 'scripted-handler')),
  });
  const thing = new CustomResource(stack, 'Thing', {
    serviceToken: fn.functionArn,
    resourceType: 'Custom::Thing',
    properties,
  });
  new CfnOutput(stack, 'Ref', { value: thing.ref });
  return (stack.node.root as App).synth().directory;
}

test('lets the cdk CLI bootstrap, deploy, show a failure and its rollback, and destroy', async () => {
  const app = ['--app', synthesize('good', {})];
  const failing = [
    '--app',
    synthesize('bad', { OnUpdate: { Status: 'FAILED', Reason: 'the reason that a user reads' } }),
  ];
  const noQuestions = ['--require-approval', 'never'];

  expect(await cdk('bootstrap', `aws://${SANDBOX_ENV.account}/${SANDBOX_ENV.region}`)).toMatchObject({ code: 0 });
  expect(await cdk('deploy', ...app, ...noQuestions)).toMatchObject({
    code: 0,
    output: expect.stringContaining('Test.Ref = made-by-Create'),
  });
  expect(await cdk('deploy', ...app, ...noQuestions)).toMatchObject({
    code: 0,
    output: expect.stringContaining('(no changes)'),
  });

  const { code, output } = await cdk('deploy', ...failing, ...noQuestions);
  expect(code).toBe(1);
  expect(sandbox.cloudFormation.stacks.get('Test')?.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(output).toMatch(/Message returned: the reason that a user reads/);

  expect(await cdk('destroy', ...app, '--force')).toMatchObject({ code: 0 });
  expect([...sandbox.cloudFormation.stacks.keys()]).toEqual(['CDKToolkit']);
  expect(sandbox.lambda.functionNames).toEqual([]);
});
