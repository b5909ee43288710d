/**
 * Settles what neither AWS nor Immuta documents, with an AWS account and a tenant: `npm run live -- --url …`.
 *
 * docs/internals/live-kit.md says how.
 */
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { S3Client } from '@aws-sdk/client-s3';
import { S3ControlClient } from '@aws-sdk/client-s3-control';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSOAdminClient } from '@aws-sdk/client-sso-admin';
import { applyReport, SETTINGS_FILE } from './apply-report';
import { CdkDeployer } from './cdk';
import { connectToImmuta } from './immuta';
import { lock } from './lock';
import { Command, findApiKey, Options, parseCommand, USAGE } from './options';
import { createRedact } from './redact';
import { ReportFile } from './report-file';
import { runKit } from './run';
import { State } from './state';

const STATE_FILE = 'live-state.json';
const REPORT = 'live-report';

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return console.log(USAGE);
  if (args[0] === '--apply') {
    if (!args[1]) throw new Error(USAGE);
    console.log(JSON.stringify(applyReport(args[1]), undefined, 2));
    console.log(`${SETTINGS_FILE} is written. Run the tests.`);
    return;
  }
  const command = parseCommand(args);
  const { options } = command;
  process.on('exit', lock(`${STATE_FILE}.lock`));
  const { apiKey, accountId } = await readApiKey(options);
  const s3Control = new S3ControlClient();
  const region = await s3Control.config.region();
  const place = `account ${accountId}, ${region}, ${new URL(options.url).host}`;
  const state = new State(STATE_FILE, place);
  const redact = createRedact(options, [apiKey]);
  const reportFile = new ReportFile(REPORT);
  const former = reportFile.describeFormer();
  if (former) console.log(former);
  const ended = new AbortController();
  process.on('SIGINT', () => {
    if (ended.signal.aborted) process.exit(130);
    console.log('\nEnds after this step, and deletes what is left of it. Ctrl-C again leaves that to the next run.');
    ended.abort();
  });
  const report = await runKit({
    runId: randomBytes(3).toString('hex'),
    options,
    aws: {
      accountId,
      cloudFormation: new CloudFormationClient(),
      cloudTrails: listTrailRegions(region).map((each) => new CloudTrailClient({ region: each, maxAttempts: 10 })),
      s3: new S3Client(),
      s3Control,
      ssoAdmin: new SSOAdminClient(),
    },
    immuta: connectToImmuta(options.url, apiKey),
    // The CLI reads more variables than the SDK does, and must not find another Region.
    deployer: new CdkDeployer((text) => process.stdout.write(text), { ...process.env, AWS_REGION: region }),
    state,
    time: { now: Date.now, sleep: (ms, signal) => sleep(ms, undefined, { signal }) },
    signal: ended.signal,
    redact,
    ask: (question) => ask(command, question),
    log: console.log,
    save: (each) => reportFile.save(each),
  });
  if (!report) {
    process.exitCode = 1;
    return;
  }
  console.log(`\nWrote ${REPORT}.md and ${REPORT}.json. They contain no secret and no account number.`);
  process.exitCode = report.leftovers.length > 0 ? 1 : 0;
}

/** CloudTrail shows a request to STS in the Region of its endpoint, and one to the global endpoint in us-east-1. */
function listTrailRegions(region: string): string[] {
  const hasGlobalEndpoint = !/^(cn|us-gov|us-iso\w*|eu-iso\w*|eusc)-/.test(region);
  return hasGlobalEndpoint ? [...new Set([region, 'us-east-1'])] : [region];
}

async function readApiKey(options: Options): Promise<{ apiKey: string; accountId: string }> {
  const { ARN, SecretString } = await new SecretsManagerClient().send(
    new GetSecretValueCommand({ SecretId: options.secret }),
  );
  return { apiKey: findApiKey(SecretString, options), accountId: ARN!.split(':')[4] };
}

async function ask({ yes }: Command, question: string): Promise<boolean> {
  if (yes) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`\n${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
