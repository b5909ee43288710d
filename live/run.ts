import { paginateListAccessGrantsLocations } from '@aws-sdk/client-s3-control';
import { BASE } from './base-stack';
import { findCaller } from './callers';
import { cleanUp } from './cleanup';
import { Aws, Context, ContextOptions } from './context';
import { checkEnvironment, hasInstance } from './environment';
import { Experiment, NEEDED_OPTIONS } from './experiment';
import { EXPERIMENTS } from './experiments';
import { principal } from './experiments/principal';
import { listIntegrations } from './integrations';
import type { Redact } from './redact';
import { createResult, Report, Result } from './report';

/** What a run needs. */
export interface Kit extends Omit<ContextOptions, 'hasInstance'> {
  readonly redact: Redact;
  /** @default - all */
  readonly experiments?: readonly Experiment[];
  /** Asks the user a question that has yes or no for an answer. */
  ask(question: string): Promise<boolean>;
  log(text: string): void;
  /** Stores a report in place of the one before: after each experiment, and at the end. */
  save(report: Report): void;
}

export const COSTS = `The kit deploys small stacks into your account and deletes them. It takes one to two hours.

Costs: below 1 USD. A secret costs 0.40 USD a month, in proportion to the minutes that it exists. Functions, logs,
requests to S3 Access Grants and stacks cost less than a cent. Nothing costs anything after the run.

Permissions: those of the cdk CLI (the roles of its bootstrap stack), and of your own secretsmanager:GetSecretValue for
the secret with the API key; s3:*AccessGrant* in the Access Grants instance; s3:ListBucket for the bucket, and for that
of the bootstrap stack; iam:PassRole for roles whose names begin with ImmutaLive-; cloudformation:Describe*,
cloudformation:GetTemplate and cloudformation:*StackRefactor for stacks whose names begin with ImmutaLive-. The API key
needs APPLICATION_ADMIN, and for data sources CREATE_S3_DATASOURCE. To show who assumed the roles:
cloudtrail:LookupEvents. With --identity-center: sso:CreateApplication, sso:DeleteApplication,
sso:DescribeApplication, sso:PutApplicationGrant and sso:PutApplicationAuthenticationMethod. With --directory-group:
sso:DescribeInstance, sso:DescribeApplication and identitystore:DescribeGroup.

In Immuta it creates integrations and data sources whose names begin with live-, and deletes them. Nothing in the bucket
is read or written.`;

/** Runs the experiments, one after the other. Undefined if the user did not agree. */
export async function runKit(kit: Kit): Promise<Report | undefined> {
  const selected = selectExperiments(kit);
  const startedAt = kit.time.now();
  if (!await removeLeftovers(kit)) return undefined;
  await checkEnvironment(kit.aws, kit.options.bucket);
  const instance = await countLocations(kit.aws);
  const context = new Context({ ...kit, hasInstance: instance !== undefined });
  kit.log(COSTS);
  if (!await kit.ask('Continue?')) return undefined;
  if (instance !== undefined && !await kit.ask(describeInstance(instance, kit.options.bucket))) return undefined;
  await listIntegrations(context); // A wrong URL or API key ends the run before anything is created.

  const results: Result[] = [];
  for (const experiment of selected) {
    if (kit.signal.aborted) break;
    kit.log(`\n${experiment.id}: ${experiment.question}`);
    const result = await runExperiment(experiment, context, kit);
    kit.log(`${result.outcome}${result.reason ? `: ${result.reason}` : ''}`);
    results.push(result);
    saveUnfinished(kit, results);
    await tidyUp(context);
  }
  kit.log('\nDeletes what it has created.');
  const leftovers = await cleanUp(context.withoutSignal());
  leftovers.forEach((each) => kit.log(`Not deleted: ${kit.redact(each)}`));
  const report = { isComplete: true, results, leftovers: leftovers.map(kit.redact) };
  kit.save(report);
  if (!kit.signal.aborted && results.some(isPrincipalKnown)) await showCaller(kit, context, startedAt);
  return report;
}

function isPrincipalKnown({ id, outcome }: Result): boolean {
  return id === principal.id && (outcome === 'as expected' || outcome === 'different');
}

/** Only on the terminal: the report names neither principals nor external IDs. */
async function showCaller({ log, signal }: Kit, context: Context, since: number): Promise<void> {
  log('\nAsks CloudTrail who assumed the roles, for 15 minutes at most. Ctrl-C ends that.');
  try {
    const caller = await findCaller(context, since);
    log(caller === undefined ? 'CloudTrail shows no caller.' : `Immuta assumed the roles as ${caller}.`);
  } catch (error) {
    log(signal.aborted ? 'Ended.' : `Cannot ask: ${(error as Error).message}`);
  }
}

/** Immuta may need an instance without locations. What cannot be deleted now is deleted at the end. */
async function tidyUp(context: Context): Promise<void> {
  await cleanUp(context, context.stackName(BASE)).catch(() => undefined); // The user ends the run.
}

/** If it cannot be stored, the run must go on: what it has created must be deleted. */
function saveUnfinished({ state, redact, log, save }: Kit, results: readonly Result[]): void {
  const created = Object.entries(state.current).flatMap(([kind, names]) =>
    names.map((name: string) => `${kind} ${name}`));
  try {
    save({ isComplete: false, results, leftovers: created.map(redact) });
  } catch (error) {
    log(`Cannot store the report: ${(error as Error).message}`);
  }
}

/** @throws Error if an ID is unknown */
function selectExperiments({ options, experiments = EXPERIMENTS }: Kit): readonly Experiment[] {
  const { only } = options;
  const unknown = only?.find((id) => !experiments.some((experiment) => experiment.id === id));
  if (unknown) throw new Error(`'--only' must name experiments, got '${unknown}'`);
  return experiments.filter(({ id }) => only?.includes(id) ?? true);
}

async function runExperiment(experiment: Experiment, context: Context, kit: Kit): Promise<Result> {
  const { id, question, expected, needs = [] } = experiment;
  const missing = needs.find((option) => !kit.options[option]);
  if (missing) {
    const reason = `'${NEEDED_OPTIONS[missing]}' is missing`;
    return { id, question, expected, seen: {}, outcome: 'skipped', reason, seconds: 0 };
  }
  const startedAt = context.now();
  const elapsed = () => (context.now() - startedAt) / 1000;
  try {
    return createResult(experiment, await experiment.run(context), elapsed());
  } catch (error) {
    const reason = kit.signal.aborted ? 'ended by the user' : kit.redact((error as Error).message);
    return { id, question, expected, seen: {}, outcome: 'failed', reason, seconds: elapsed() };
  }
}

/** Deletes what a run before has left. Returns whether nothing is left. */
async function removeLeftovers(kit: Kit): Promise<boolean> {
  const { state, log, redact } = kit;
  if (state.isEmpty) return true;
  log('A run before has ended early. Deletes what it has left.');
  const failures = await cleanUp(new Context({ ...kit, hasInstance: true }));
  failures.forEach((failure) => log(`Not deleted: ${redact(failure)}`));
  return failures.length === 0;
}

function describeInstance(locations: number, bucket: string): string {
  return `The account has an S3 Access Grants instance that the kit did not create, with ${locations} locations. It `
    + `would register locations below s3://${bucket}/live-…/ in it and delete those again. Continue?`;
}

/** The number of locations in the instance of the account. Undefined without an instance. */
async function countLocations(aws: Aws): Promise<number | undefined> {
  if (!await hasInstance(aws)) return undefined;
  let count = 0;
  for await (const page of paginateListAccessGrantsLocations({ client: aws.s3Control }, { AccountId: aws.accountId })) {
    count += page.AccessGrantsLocationsList?.length ?? 0;
  }
  return count;
}
