import { reportRotation } from './credentials';
import { refusalOf } from './failure';
import { ManagedAccessKey } from './managed-access-key';
import { accessKeyError } from './managed-access-key-messages';
import { AccessKey } from '../aws/iam';
import { ReadSecret } from '../aws/secrets-manager';
import { ENV_API_KEY_FIELD, ENV_API_KEY_SECRET_ARN, ENV_IMMUTA_URL } from '../contract';
import { ApiKey } from '../immuta/api-key';
import { IntegrationConfig, IntegrationRecord, IntegrationsClient } from '../immuta/client';
import { LONG_PATIENCE_MS } from '../immuta/retry';
import { isInPlace, isSteady } from '../immuta/status';
import { Transport } from '../immuta/transport';
import { explainFailedTests } from '../immuta/validation-tests';
import { LambdaContext } from '../protocol/event';
import { Clock } from '../runtime/clock';
import { Deadline } from '../runtime/deadline';
import { asObject } from '../runtime/json';
import { createLog, Log } from '../runtime/log';
import { pollPauses } from '../runtime/poll';
import { Redaction } from '../runtime/redaction';

/** Kept for the request that is under way, and for the answer. */
const RESERVE_MS = 45_000;
const IAM_PROPAGATION_MS = 180_000;

/** For so long after a request, Immuta may answer with the state before it. */
const CONSISTENT_MS = 60_000;

/**
 * One step of a rotation. Secrets Manager invokes the steps one after the other, and all of them again if one fails.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export interface RotationEvent {
  readonly Step: string;
  /** ARN of the secret. */
  readonly SecretId: string;
  /** ID of the version that Secrets Manager has created, and labelled AWSPENDING. */
  readonly ClientRequestToken: string;
}

export interface RotationOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readSecret: ReadSecret;
  readonly clock: Clock;
  /** @default - standard output */
  readonly writeLog?: (line: string) => void;
}

export function isRotationEvent(event: unknown): event is RotationEvent {
  const { Step, SecretId, ClientRequestToken } = asObject(event);
  return [Step, SecretId, ClientRequestToken].every((field) => typeof field === 'string');
}

/**
 * Carries out one step of a rotation.
 *
 * @throws if it fails: Secrets Manager tries again
 */
export async function rotate(event: RotationEvent, context: LambdaContext, options: RotationOptions): Promise<void> {
  const { Step: step, SecretId: secretArn, ClientRequestToken: requestId } = event;
  const redaction = new Redaction();
  const log = createLog({ clock: options.clock, redaction, write: options.writeLog }, { requestId, requestType: step });
  const deadline = new Deadline(options.clock, {
    handOverAt: options.clock.now() + context.getRemainingTimeInMillis() - RESERVE_MS,
    giveUpAt: Infinity,
    iamPropagationEndsAt: options.clock.now() + IAM_PROPAGATION_MS,
    postingEndsAt: 0,
  });
  const key = new ManagedAccessKey({ secretArn, requestId, deadline, log, redaction });
  const run = STEPS[step];
  log.info('received');
  try {
    if (!run) {
      throw new Error(`'${step}' is not a step of a rotation`);
    }
    await run({ key, versionId: requestId, immuta: clientFor(key, { ...options, deadline, log, redaction }), deadline, log, redaction });
    log.info('succeeded');
  } catch (error) {
    const message = redaction.redact((error as Error).message);
    log.warn('failed', { message });
    reportRotation(log, secretArn, false);
    throw new Error(message); // without its cause, which may quote a secret
  }
  if (step === 'finishSecret') {
    reportRotation(log, secretArn, true);
  }
}

interface Rotation {
  readonly key: ManagedAccessKey;
  readonly versionId: string;
  readonly immuta: IntegrationsClient;
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
}

const STEPS: Record<string, (rotation: Rotation) => Promise<void>> = {
  createSecret: ({ key, versionId }) => key.createPending(versionId),

  /** Sends what Immuta has now, with the pending key. */
  async setSecret({ key, versionId, immuta, ...tools }) {
    const pending = await key.findPending(versionId);
    if (!pending) {
      throw accessKeyError('ROTATION_NOT_POSSIBLE', {});
    }
    const { integrationId: id, userName, accessKeyId } = pending;
    const { status, accessKeyId: shown } = await readSteady(id, { immuta, ...tools });
    if (status === 'enabled' && shown === accessKeyId) {
      return; // an earlier attempt has ended only now
    }
    const prepare = async () => {
      const given = await key.forRequest(userName);
      const record = await readSteady(id, { immuta, ...tools });
      if (given.accessKeyId !== accessKeyId) {
        throw accessKeyError('ROTATION_KEY_DELETED', { accessKeyId });
      }
      if (!key.isHeldBy(record)) {
        throw accessKeyError('ROTATION_INTEGRATION_NOT_READY', { id, state: 'has an access key that this stack did not create' });
      }
      return configOf(record, given);
    };
    try {
      await immuta.update(id, prepare);
    } catch (error) {
      throw refusalOf(error, tools.redaction).error;
    }
  },

  /** Waits until Immuta works with the key. Secrets Manager tests a new schedule with a version without a value. */
  async testSecret({ key, versionId, ...tools }) {
    const sent = await key.findSent(versionId);
    if (!sent) {
      return;
    }
    let record = await readEnabled(sent.integrationId, tools);
    if (record.accessKeyId !== sent.accessKeyId) {
      // Immuta masks the key, or has answered with the state before the request
      await tools.deadline.sleep(CONSISTENT_MS);
      record = await readEnabled(sent.integrationId, tools);
    }
    if (!key.isShownBy(record)) {
      throw accessKeyError('ACCESS_KEY_IGNORED', { id: record.id });
    }
  },

  async finishSecret({ key, versionId, ...tools }) {
    const sent = await key.findSent(versionId);
    if (sent) {
      await key.settle(await readEnabled(sent.integrationId, tools), () => tools.immuta.get(sent.integrationId));
    }
  },
};

async function readEnabled(id: string, tools: Pick<Rotation, 'immuta' | 'deadline' | 'log'>): Promise<IntegrationRecord> {
  const record = await readSteady(id, tools);
  if (record.status !== 'enabled') {
    const details = [record.message, explainFailedTests(record.failedTests)].filter(Boolean).join('; ');
    throw accessKeyError('ROTATION_INTEGRATION_NOT_READY', { id, state: `is '${record.status}'${details ? ` (${details})` : ''}` });
  }
  return record;
}

/** Reads the integration as soon as it is in a status that takes a change. */
async function readSteady(id: string, { immuta, deadline, log }: Pick<Rotation, 'immuta' | 'deadline' | 'log'>): Promise<IntegrationRecord> {
  for (const pause of pollPauses()) {
    const record = await immuta.get(id);
    log.info('get', { integrationId: id, status: record?.status ?? 'gone' });
    if (!record || (isSteady(record.status) && !isInPlace(record.status)) || record.authenticationType !== 'accessKey') {
      const state = !record ? 'does not exist' : `is '${record.status}' with authenticationType '${record.authenticationType}'`;
      throw accessKeyError('ROTATION_INTEGRATION_NOT_READY', { id, state });
    }
    if (isSteady(record.status)) {
      return record;
    }
    await deadline.sleep(pause);
  }
  throw new Error('unreachable');
}

function configOf(record: IntegrationRecord, { accessKeyId, secretAccessKey }: AccessKey): IntegrationConfig {
  return {
    name: record.name,
    awsAccountId: record.location.accountId,
    awsRegion: record.location.region,
    awsLocationRole: record.locationRoleArn,
    awsLocationPath: record.location.path,
    authenticationType: 'accessKey',
    awsAccessKeyId: accessKeyId,
    awsSecretAccessKey: secretAccessKey,
  };
}

function clientFor(
  key: ManagedAccessKey, { environment, ...tools }: RotationOptions & Pick<Rotation, 'deadline' | 'log' | 'redaction'>,
): IntegrationsClient {
  const apiKey = new ApiKey({ ...tools, secretArn: environment[ENV_API_KEY_SECRET_ARN] ?? '', field: environment[ENV_API_KEY_FIELD] });
  let remembered: Promise<unknown> | undefined;
  return new IntegrationsClient(new Transport({
    ...tools,
    baseUrl: environment[ENV_IMMUTA_URL] ?? '',
    apiKey,
    patienceMs: () => LONG_PATIENCE_MS,
    onFailure: () => {},
    learnSecrets: async () => { await (remembered ??= key.isSettled()); },
  }), tools.redaction);
}
