/**
 * The main job, as a user sees it: the real `cdk` CLI deploys the quickstart to the sandbox, a second stack is refused,
 * all is destroyed.
 */
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET, SANDBOX_ENV, Sandbox } from './sandbox';

const ROOT = path.resolve(__dirname, '../..');
const CDK = require.resolve('aws-cdk/bin/cdk');
const QUICKSTART = 'examples/typescript/quickstart';
const ADOPT = 'examples/typescript/adopt';
const DATA_SOURCES = 'examples/typescript/data-sources';
const EXISTING_INSTANCE = 'examples/typescript/existing-instance';
const HEALTH = 'examples/typescript/health';
const HOUR = 3_600_000;
const REAL_MS_PER_VIRTUAL_SECOND = 100;

const isTerminal = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text: string) => isTerminal ? `\x1b[1m${text}\x1b[0m` : text;
const dim = (text: string) => isTerminal ? `\x1b[2m${text}\x1b[0m` : text;

let step = 0;
function title(text: string): void {
  console.log(`\n${bold(`── ${++step}. ${text}`)}\n`);
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`the demo expected that ${what}`);
}

/** Runs the real CLI in the folder of an app, and shows what it prints while it works. */
async function cdk(sandbox: Sandbox, app: string, ...args: string[]): Promise<boolean> {
  console.log(bold(`$ cd ${app} && npx cdk ${args.join(' ')}`) + dim('   (and the -c options of its README)'));
  // of two values for the same option the CLI takes the last
  const child = spawn(process.execPath, [CDK, args[0], ...context(sandbox), ...args.slice(1), '--no-notices'], {
    cwd: path.join(ROOT, app),
    env: {
      ...process.env,
      ...sandbox.env,
      CI: 'true',
      NODE_NO_WARNINGS: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_VALIDATION: 'false',
    },
    stdio: ['ignore', 'pipe', 'inherit'], // with CI, everything but failures is on standard output
  });
  child.stdout.on('data', (chunk: Buffer) => process.stdout.write(chunk.toString().replace(/^(?=.)/gm, '   ')));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return status === 0;
}

function deploy(sandbox: Sandbox, app: string, ...args: string[]): Promise<boolean> {
  return cdk(sandbox, app, 'deploy', '--require-approval', 'never', '--progress', 'events', ...args);
}

/** What the examples read from the context. */
function context(sandbox: Sandbox): string[] {
  return [
    '-c', `immutaUrl=${sandbox.immuta.url}`,
    '-c', `apiKeySecretName=${SANDBOX_API_KEY_SECRET}`,
    '-c', `bucketName=${SANDBOX_BUCKET}`,
    '-c', `immutaPrincipalArn=${sandbox.immuta.identity.principal}`,
    '-c', 'email=data-platform@acme.example',
  ];
}

/** What Immuta and S3 Access Grants hold, asked at the source. */
function show({ immuta, aws }: Sandbox): void {
  console.log(bold('Integrations in Immuta'));
  for (const { id, status, config } of immuta.integrations.values()) {
    console.log(`   id ${id}   ${status}   ${config.awsLocationPath}   ${config.name}`);
  }
  if (immuta.integrations.size === 0) console.log('   none');

  for (const { id, name, prefix, deleted } of immuta.dataSources.records.values()) {
    console.log(`   data source ${id}   ${deleted ? 'disabled' : 'enabled'}   ${prefix}   ${name}`);
  }

  const instance = aws.accessGrants.findInstance(SANDBOX_ENV.account, SANDBOX_ENV.region);
  console.log(bold('S3 Access Grants'));
  console.log(`   instance   ${instance?.arn ?? 'none'}`);
  for (const { id, scope, roleArn } of instance?.locations.values() ?? []) {
    console.log(`   location   ${scope}   ${id}\n              ${roleArn}`);
  }
}

function theOnly({ immuta }: Sandbox) {
  expect(immuta.integrations.size === 1, 'there is one integration');
  return [...immuta.integrations.values()][0];
}

/** The time of the next check has come. Shows what it finds, and the state of the alarm. */
async function checkHealth(sandbox: Sandbox): Promise<{ readonly findings: string[]; readonly alarm: string }> {
  const { clock, cloudWatch, lambda } = sandbox;
  clock.advance(HOUR);
  await sandbox.checkHealth();
  const lines = lambda.invocations.at(-1)!.output.split('\n').filter((line) => line.startsWith('{'));
  const found = lines.map((line) => JSON.parse(line)).filter((line) => line.step === 'finding');
  const alarm = cloudWatch.evaluateAlarm([...cloudWatch.alarms.keys()][0], clock.now());
  console.log(`   ${new Date(clock.now()).toISOString().slice(11, 16)}   alarm: ${bold(alarm)}`);
  for (const { finding, message = '' } of found) console.log(`           ${finding}   ${message}`);
  return { findings: found.map(({ finding }) => finding), alarm };
}

/** An Access Grants instance, two roles and an integration, as the manual way leaves them. */
async function makeByHand({ aws, immuta }: Sandbox) {
  const { account, region } = SANDBOX_ENV;
  const instance = aws.accessGrants.createInstance(account, region);
  const trust = (principal: object, ...actions: string[]) =>
    ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: principal, Action: actions }] });
  const allow = (actions: string[], resources: string[]) => ({ Effect: 'Allow', Action: actions, Resource: resources });
  const location = aws.iam.createRole({
    roleName: 'location',
    assumeRolePolicyDocument: trust(
      { Service: 'access-grants.s3.amazonaws.com' },
      'sts:AssumeRole',
      'sts:SetSourceIdentity',
    ),
  });
  const manager = aws.iam.createRole({
    roleName: 'immuta',
    assumeRolePolicyDocument: trust({ AWS: immuta.identity.principal }, 'sts:AssumeRole'),
  });
  aws.iam.putRolePolicy('immuta', 'by-hand', {
    Version: '2012-10-17',
    Statement: [
      allow(['s3:*AccessGrant*'], [instance.arn, `${instance.arn}/*`]),
      allow(['iam:GetRole', 'iam:PassRole'], [location.arn]),
      allow(['s3:ListBucket'], [`arn:aws:s3:::${SANDBOX_BUCKET}`]),
    ],
  });
  return immuta.createByHand({
    name: 'sales, by hand',
    awsAccountId: account,
    awsRegion: region,
    awsLocationPath: `s3://${SANDBOX_BUCKET}/`,
    awsLocationRole: location.arn,
    authenticationType: 'auto',
    awsRoleToAssume: manager.arn,
  });
}

async function demo(sandbox: Sandbox): Promise<void> {
  title('Bootstrap the account, once');
  expect(
    await cdk(sandbox, QUICKSTART, 'bootstrap', `aws://${SANDBOX_ENV.account}/${SANDBOX_ENV.region}`),
    'cdk bootstrap succeeds',
  );

  title('Deploy the quickstart: one bucket under Immuta');
  expect(await deploy(sandbox, QUICKSTART), 'the quickstart deploys');
  console.log();
  show(sandbox);
  expect(theOnly(sandbox).status === 'enabled', 'it is enabled');

  title('Deploy another stack for the same bucket: it fails with the reason and leaves nothing');
  expect(!await deploy(sandbox, EXISTING_INSTANCE), 'the second stack is refused');
  console.log();
  show(sandbox);
  expect(sandbox.immuta.integrations.size === 1, 'the first integration is untouched');
  await cdk(sandbox, EXISTING_INSTANCE, 'destroy', '--force');

  title('Name the integration: it is updated in place');
  const before = theOnly(sandbox);
  expect(await deploy(sandbox, QUICKSTART, '-c', 'integrationName=sales'), 'the name changes');
  console.log();
  show(sandbox);
  expect(
    theOnly(sandbox).id === before.id && theOnly(sandbox).config.name.startsWith('sales-'),
    'the same integration has the new name',
  );

  title('Break an update: Immuta cannot assume its role any more. The update fails and is rolled back');
  const broken = [
    '-c',
    'integrationName=revenue',
    '-c',
    'immutaPrincipalArn=arn:aws:iam::999988887777:role/other',
  ];
  expect(!await deploy(sandbox, QUICKSTART, ...broken), 'the update is refused');
  console.log();
  show(sandbox);
  expect(
    theOnly(sandbox).status === 'enabled' && theOnly(sandbox).config.name.startsWith('sales-'),
    'the integration is as it was',
  );

  title('Govern a part of the bucket instead: a new integration with new roles, then the old one is deleted');
  const named = ['-c', 'integrationName=sales', '-c', 'prefix=curated/'];
  expect(await deploy(sandbox, QUICKSTART, ...named), 'the location is replaced');
  console.log();
  show(sandbox);
  expect(
    theOnly(sandbox).id !== before.id && theOnly(sandbox).config.awsLocationPath === `s3://${SANDBOX_BUCKET}/curated/`,
    'one integration is left',
  );

  title('Destroy the quickstart: nothing is left');
  expect(await cdk(sandbox, QUICKSTART, 'destroy', '--force'), 'the quickstart is destroyed');
  console.log();
  show(sandbox);
  expect(sandbox.immuta.integrations.size === 0, 'no integration is left');
  expect(!sandbox.aws.accessGrants.findInstance(SANDBOX_ENV.account, SANDBOX_ENV.region), 'no instance is left');

  title('Register two data sources with an integration, so that policies govern data');
  const register = (prefixes: string) => deploy(sandbox, DATA_SOURCES, '-c', `dataSourcePrefixes=${prefixes}`);
  const names = () => [...sandbox.immuta.dataSources.records.values()].map(({ name }) => name).join();
  expect(await register('orders/,returns/'), 'the data sources are registered');
  console.log();
  show(sandbox);
  expect(names() === 'Sales orders,Sales returns', 'Immuta has both data sources');

  title('Remove one of them');
  expect(await register('orders/'), 'the data sources are updated');
  console.log();
  show(sandbox);
  expect(names() === 'Sales orders', 'Immuta has one data source');

  title('Destroy them with their integration: the data source goes first');
  expect(
    await cdk(sandbox, DATA_SOURCES, 'destroy', '--force', '-c', 'dataSourcePrefixes=orders/'),
    'the data sources are destroyed',
  );
  console.log();
  show(sandbox);
  expect(names() === '' && sandbox.immuta.integrations.size === 0, 'nothing is left in Immuta');

  title('Monitor an integration: the role breaks, an alarm goes off, the role is repaired');
  expect(await deploy(sandbox, HEALTH), 'the example with a health check deploys');
  console.log();
  expect((await checkHealth(sandbox)).findings.join() === 'Healthy', 'the first check finds nothing');
  const role = sandbox.aws.iam.roleArns.find((arn) => arn.includes('ImmutaRole'))!;
  sandbox.aws.iam.putRolePolicy(role, 'by-hand', {
    Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 's3:ListBucket', Resource: '*' }],
  });
  console.log(dim("   an administrator denies Immuta's role s3:ListBucket"));
  await checkHealth(sandbox);
  const unhealthy = await checkHealth(sandbox);
  expect(unhealthy.findings.join() === 'PermissionMissing', 'the check finds what is denied');
  expect(unhealthy.alarm === 'ALARM', 'two checks in a row raise the alarm');
  sandbox.aws.iam.deleteRolePolicy(role, 'by-hand');
  console.log(dim('   the policy is removed again'));
  const repaired = await checkHealth(sandbox);
  expect(repaired.findings.join() === 'Healthy' && repaired.alarm === 'OK', 'the alarm recovers');
  expect(await cdk(sandbox, HEALTH, 'destroy', '--force'), 'the example is destroyed');
  expect(sandbox.eventSchedules.all.size + sandbox.cloudWatch.alarms.size === 0, 'nothing of the check is left');

  title('Adopt an integration that was created by hand: nothing changes in Immuta');
  const byHand = await makeByHand(sandbox);
  const adopt = [
    '-c',
    `integrationId=${byHand.id}`,
    '-c',
    `locationRoleArn=${byHand.config.awsLocationRole}`,
    '-c',
    `immutaRoleArn=${byHand.config.awsRoleToAssume}`,
  ];
  const asItWas = JSON.stringify(theOnly(sandbox));
  expect(await deploy(sandbox, ADOPT, ...adopt), 'the integration is adopted');
  expect(await cdk(sandbox, ADOPT, 'destroy', '--force', ...adopt), 'its stack is destroyed');
  console.log();
  show(sandbox);
  expect(JSON.stringify(theOnly(sandbox)) === asItWas, 'the adopted integration is unchanged');

  title('The same with your account and tenant');
  console.log(`   Nothing in the example changes: ${QUICKSTART}/README.md says what to prepare. Then:\n
   cd ${QUICKSTART}
   npx cdk deploy -c immutaUrl=https://<your tenant> -c apiKeySecretName=<name> -c bucketName=<bucket> \\
     -c immutaPrincipalArn=<from Immuta> [-c externalId=<from Immuta>]\n`);
}

async function main(): Promise<void> {
  console.log(
    'AWS and Immuta are stand-ins on this machine; the cdk CLI, the template, the SDK and the function are the ' +
      'real ones.',
  );
  console.log(`Time is faster here: a second takes ${REAL_MS_PER_VIRTUAL_SECOND} ms.`);
  const sandbox = await Sandbox.start({ pace: REAL_MS_PER_VIRTUAL_SECOND });
  try {
    await demo(sandbox);
  } finally {
    await sandbox.close();
  }
}

main().catch((error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
