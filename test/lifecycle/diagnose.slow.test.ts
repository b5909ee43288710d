import { App, Stack, Stage } from 'aws-cdk-lib';
import { deployTenant, lake, STACK_NAME, tenantIn } from './fixture';
import { runCdk } from '../sandbox/cdk-cli';
import { Sandbox, SANDBOX_ENV } from '../sandbox/sandbox';

// what the real `cdk` CLI shows of a failure, and where the function's log is part of that

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.start();
  await runCdk(sandbox, 'bootstrap', `aws://${SANDBOX_ENV.account}/${SANDBOX_ENV.region}`);
});
afterEach(() => sandbox.close());

/** Runs the `cdk` CLI on a stack. Its output has the lines that follow a heading, without their indentation. */
async function cdk(stack: Stack, ...args: string[]) {
  const app = Stage.of(stack)!.synth({ force: true }).directory;
  const { code, output } = await runCdk(sandbox, ...args, stack.artifactId, '--app', app);
  const [, below] = output.split(/Logs from .*:\n/);
  const lines = below?.split('\n').map((line) => line.trim()) ?? [];
  const end = lines.findIndex((line) => line.startsWith('Logs: https'));
  return { code, output, log: lines.slice(0, end) };
}

const NO_QUESTIONS = ['--require-approval', 'never'];
const deploy = (stack: Stack, ...options: string[]) => cdk(stack, 'deploy', ...NO_QUESTIONS, ...options);
const diagnose = (stack: Stack) => cdk(stack, 'diagnose', '--unstable=diagnose');

function refusePosts(): void {
  const answer = { status: 400, body: { message: 'the path is not allowed' } };
  sandbox.immuta.faults.http({ method: 'POST', behaviour: 'answer', answer });
}

test('shows the log of the function when a deployment fails without a rollback, and in cdk diagnose', async () => {
  refusePosts();

  const failed = await deploy(lake(sandbox), '--no-rollback');
  const later = await diagnose(lake(sandbox));

  expect(failed.code).toBe(1);
  for (const { output, log } of [failed, later]) {
    expect(output).toContain('[IMMUTA_REQUEST_REFUSED]');
    expect(log).toEqual(expect.arrayContaining([
      expect.stringMatching(/^info  Create received$/),
      expect.stringMatching(/^info  Immuta answered 400 to POST .integrations: the path is not allowed/),
      expect.stringMatching(/^info  Create responded: attempt 1$/),
    ]));
    expect(log.filter((line) => /RequestId: |^\{|^\w+ +\{/.test(line))).toEqual([]);
    expect(log.length).toBeLessThanOrEqual(25);
  }
});

test('shows the calls that AWS denied the function', async () => {
  await deploy(lake(sandbox));
  const roleName = sandbox.aws.iam.roleArns.find((arn) => /HandlerRole/.test(arn))!.split('/').at(-1)!;
  const Statement = [{ Effect: 'Deny', Action: 'secretsmanager:GetSecretValue', Resource: '*' }];
  sandbox.aws.iam.putRolePolicy(roleName, 'forbidden', { Version: '2012-10-17', Statement });

  const { code, output, log } = await deploy(lake(sandbox, { props: () => ({ integrationName: 'renamed' }) }));

  expect(code).toBe(1);
  expect(log).toContainEqual(expect.stringMatching(/\[API_KEY_SECRET_UNREADABLE\]|GetSecretValue/));
  expect(output).toMatch(/AccessDeniedException on secretsmanager\.amazonaws\.com:GetSecretValue/);
});

test('shows no log when the rollback has removed the integration from the template', async () => {
  const stack = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
  tenantIn(stack, sandbox);
  await deploy(stack);
  refusePosts();

  const { output, log } = await deploy(lake(sandbox));

  expect(output).toContain('[IMMUTA_REQUEST_REFUSED]');
  expect(log).toEqual([]);
});

test('shows no log when the rollback of the first deployment has deleted it', async () => {
  refusePosts();

  const { output, log } = await deploy(lake(sandbox));

  expect(output).toContain('[IMMUTA_REQUEST_REFUSED]');
  expect(log.join()).not.toContain('received');
});

test('shows no log when the tenant is in another stack', async () => {
  const tenant = await deployTenant(sandbox, (each) => void lake(sandbox, { tenant: each }));
  tenant.node.root.node.tryRemoveChild(STACK_NAME);
  refusePosts();

  const { output, log } = await deploy(lake(sandbox, { tenant }), '--no-rollback', '--exclusively');

  expect(output).toContain('[IMMUTA_REQUEST_REFUSED]');
  expect(log).toEqual([]);
});
