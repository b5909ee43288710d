import type { S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { readAccessKeyIds } from './access-keys';
import { createMissingFinder, FindMissing, splitIds } from './data-sources';
import { classifyError, Health, isAboutIntegration } from './finding';
import { inspectIntegration, InspectionTools } from './inspect';
import { ReportedFinding, reportHealth } from './report';
import { listLocations } from '../aws/access-grants-locations';
import { describeStackOperation } from '../aws/cloudformation';
import { putEvents } from '../aws/event-bridge';
import { prepareNetwork } from '../aws/network';
import {
  ExpectedIntegration,
  HEALTH_EVENT_SOURCE,
  HEALTH_EVENT_TYPE,
  HealthCheckEvent,
  HealthCheckInput,
} from '../contract';
import { createFailure } from '../failure';
import { IntegrationRecord, IntegrationsClient } from '../immuta/client';
import { SHORT_RETRY_MS } from '../immuta/retry';
import { isSteady } from '../immuta/status';
import { Location } from '../location';
import { LambdaContext } from '../protocol/event';
import { Clock } from '../runtime/clock';
import { Deadline } from '../runtime/deadline';
import { Environment } from '../runtime/environment';
import { toObject } from '../runtime/json';
import { bestEffort, createLog, Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';
import { connectTenant } from '../tenant/connect';

/** Kept for the requests that are under way. */
const RESERVE_MS = 60_000;

export interface HealthCheckHandlerOptions {
  readonly environment: Environment;
  readonly clock: Clock;
  /** @default - standard output */
  readonly writeLog?: (line: string) => void;
  /** @default - that of the Lambda runtime */
  readonly s3Control?: S3ControlClientConfig;
}

export function isHealthCheckEvent(event: unknown): event is HealthCheckEvent {
  return Array.isArray(toObject(toObject(event).HealthCheck).Integrations);
}

/**
 * Checks integrations and reports what it finds. It changes nothing in Immuta and AWS.
 *
 * A check that does not end writes no metric, which the alarm takes for a finding.
 */
export async function checkHealth(
  { HealthCheck: input }: HealthCheckEvent,
  context: LambdaContext,
  { environment, clock, writeLog, s3Control }: HealthCheckHandlerOptions,
): Promise<void> {
  const redaction = new Redaction();
  const log = createLog({ clock, redaction, write: writeLog }, { requestType: 'HealthCheck' });
  const deadline = new Deadline(clock, {
    handOverAt: clock.now() + context.getRemainingTimeInMillis() - RESERVE_MS,
    giveUpAt: Infinity,
    iamPropagationEndsAt: 0,
    creationEndsAt: 0,
  }).withFewRetries();
  log.info('received');
  const findAccessKeyIds = rememberAnswers(
    (expected: ExpectedIntegration) => readAccessKeyIds(expected, { deadline, log, redaction }),
    ({ IntegrationId }) => IntegrationId,
  );
  const startedAt = clock.now();
  const observation = await observe(async () => {
    const isOwn = (name: string) => input.Integrations.some(({ IntegrationName }) => IntegrationName === name);
    const tools = { deadline, log, redaction, isOwn, beforeWrite: refuseToWrite };
    await prepareNetwork(environment, tools);
    const { integrations, dataSources } = connectTenant(environment, tools);
    const dataSourceIds = input.Integrations.flatMap(({ DataSourceIds }) => splitIds(DataSourceIds));
    return {
      findRecord: await readRecords(input, integrations.withRetryMs(SHORT_RETRY_MS), findAccessKeyIds),
      findMissingDataSources: createMissingFinder(dataSourceIds, dataSources.withRetryMs(SHORT_RETRY_MS)),
    };
  });
  const latencyMs = clock.now() - startedAt;
  const tools = {
    deadline,
    log,
    findAccessKeyIds,
    listLocations: rememberAnswers(
      (instance: Omit<Location, 'path'>) => listLocations(instance, { deadline, log, s3Control }),
      ({ accountId, region }) => `${accountId} ${region}`,
    ),
  };
  const isDeploying = rememberAnswers(
    (stackId: string) => isStackChanging(stackId, deadline, log),
    (stackId) => stackId,
  );
  const reported: ReportedFinding[] = [];
  for (const expected of input.Integrations) {
    const health = await inspect(expected, observation, tools);
    const isExplained = health.findings.some(isAboutIntegration) && (await isDeploying(input.StackId));
    const shown = isExplained ? ignoreDifferences(health) : health;
    reported.push(...reportHealth(input, expected, shown, { log, redaction, latencyMs }));
  }
  if (input.EventBusArn) {
    await sendFindings(input.EventBusArn, reported, deadline, log);
  }
}

/** The log has the findings too. A check that had no time left sends them all the same. */
async function sendFindings(
  busArn: string,
  findings: readonly ReportedFinding[],
  deadline: Deadline,
  log: Log,
): Promise<void> {
  const events = findings.map((detail) => ({ source: HEALTH_EVENT_SOURCE, detailType: HEALTH_EVENT_TYPE, detail }));
  const tools = { deadline: deadline.withoutLimits(deadline.outageMs), log };
  await bestEffort(log, 'findings-not-sent', () => putEvents(busArn, events, tools));
}

/** Returns the record of an integration. */
type FindRecord = (expected: ExpectedIntegration) => Promise<IntegrationRecord | undefined>;

/** What Immuta shows of integrations and their data sources. */
interface Shown {
  readonly findRecord: FindRecord;
  readonly findMissingDataSources: FindMissing;
}

/** What Immuta shows, or why it shows nothing. */
type Observation = Shown | { readonly error: unknown };

async function observe(read: () => Promise<Shown>): Promise<Observation> {
  try {
    return await read();
  } catch (error) {
    return { error };
  }
}

/**
 * Sends one request for all integrations of a tenant, and another one for each that does not work: its texts may quote
 * its credentials, which only its secret and a request for it alone make known.
 */
async function readRecords(
  { Scope: scope, Integrations: integrations }: HealthCheckInput,
  immuta: IntegrationsClient,
  findAccessKeyIds: InspectionTools['findAccessKeyIds'],
): Promise<FindRecord> {
  const read: FindRecord = async (expected) => {
    await findAccessKeyIds(expected).catch(() => undefined); // the comparison reports the error
    return immuta.get(expected.IntegrationId);
  };
  const listed = scope === 'tenant' ? await immuta.list() : await Promise.all(integrations.map(read));
  const records = new Map(listed.map((record) => [record?.id, record]));
  return async (expected) => {
    const record = records.get(expected.IntegrationId);
    const isBroken = record && isSteady(record.status) && record.status !== 'enabled';
    return scope === 'tenant' && isBroken ? read(expected) : record;
  };
}

async function inspect(
  expected: ExpectedIntegration,
  observation: Observation,
  tools: Omit<InspectionTools, 'findMissingDataSources'>,
): Promise<Health> {
  try {
    if ('error' in observation) {
      throw observation.error;
    }
    const { findRecord, findMissingDataSources } = observation;
    return await inspectIntegration(await findRecord(expected), expected, {
      ...tools,
      findMissingDataSources,
    });
  } catch (error) {
    return { findings: [classifyError(error)], failingTests: 0, drift: 0 };
  }
}

/** A deployment changes the integration before it changes the input of the schedule. */
function ignoreDifferences(health: Health): Health {
  return { ...health, findings: health.findings.filter((finding) => !isAboutIntegration(finding)), drift: 0 };
}

async function isStackChanging(stackId: string, deadline: Deadline, log: Log): Promise<boolean> {
  const tools = { deadline: deadline.withoutRetries(), log };
  const operation = await bestEffort(log, 'stack-not-described', () => describeStackOperation(stackId, tools));
  const { status = '' } = operation ?? {};
  const isChanging = /_IN_PROGRESS$/.test(status);
  if (isChanging) {
    log.info('deployment-in-progress', { status });
  }
  return isChanging;
}

/** Asks once about each subject. */
function rememberAnswers<S, T>(ask: (subject: S) => Promise<T>, identify: (subject: S) => string) {
  const answers = new Map<string, Promise<T>>();
  return (subject: S): Promise<T> => {
    const id = identify(subject);
    const answer = answers.get(id) ?? ask(subject);
    answers.set(id, answer);
    return answer;
  };
}

async function refuseToWrite(): Promise<void> {
  throw createFailure('UNEXPECTED_ERROR', { cause: 'a health check writes nothing' });
}
