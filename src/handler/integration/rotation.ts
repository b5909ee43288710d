import { reportRotation } from './credentials';
import { buildConfig } from './desired-state';
import { waitForSteadyStatus } from './record-status';
import { ManagedAccessKey } from '../access-keys/managed-access-key';
import { prepareNetwork } from '../aws/network';
import { createFailure, Failure, redactFailure, renderLastStatus } from '../failure';
import { IntegrationRecord, IntegrationsClient } from '../immuta/client';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { isInPlace } from '../immuta/status';
import { describeDetails } from '../immuta/validation-tests';
import { LambdaContext } from '../protocol/event';
import { Clock } from '../runtime/clock';
import { Deadline, OutOfTime } from '../runtime/deadline';
import { Environment } from '../runtime/environment';
import { toObject } from '../runtime/json';
import { createLog, Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';
import { connectTenant } from '../tenant/connect';

/** Kept for the request that is under way, and for the answer. */
const RESERVE_MS = 45_000;
const IAM_PROPAGATION_MS = 180_000;

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
  readonly environment: Environment;
  readonly clock: Clock;
  /** @default - standard output */
  readonly writeLog?: (line: string) => void;
}

export function isRotationEvent(event: unknown): event is RotationEvent {
  const { Step, SecretId, ClientRequestToken } = toObject(event);
  return [Step, SecretId, ClientRequestToken].every((field) => typeof field === 'string');
}

/**
 * Carries out one step of a rotation.
 *
 * @throws if it fails: Secrets Manager tries again
 */
export async function rotate(event: RotationEvent, context: LambdaContext, options: RotationOptions): Promise<void> {
  const { Step: step, SecretId: secretArn, ClientRequestToken: requestId } = event;
  const { environment, clock, writeLog } = options;
  const redaction = new Redaction();
  const log = createLog({ clock, redaction, write: writeLog }, { requestId, requestType: step });
  const deadline = new Deadline(clock, {
    handOverAt: clock.now() + context.getRemainingTimeInMillis() - RESERVE_MS,
    giveUpAt: Infinity,
    iamPropagationEndsAt: clock.now() + IAM_PROPAGATION_MS,
    creationEndsAt: 0,
  });
  const tools = { deadline, log, redaction, beforeWrite: async () => deadline.check() };
  log.info('received');
  try {
    const takeStep = STEPS[step];
    if (!takeStep) {
      throw createFailure('ROTATION_STEP_UNKNOWN', { step });
    }
    await prepareNetwork(environment, tools);
    const { url: tenantUrl, integrations: immuta } = connectTenant(environment, tools);
    const key = new ManagedAccessKey({ secretArn, requestId, tenantUrl, ...tools });
    await takeStep({ key, versionId: requestId, immuta, deadline, log });
    log.info('succeeded');
  } catch (error) {
    const failure = redactFailure(error instanceof OutOfTime ? createTimeoutFailure(error) : error, redaction);
    log.warn('failed', { message: failure.message });
    reportRotation(log, secretArn, false);
    throw failure;
  }
  if (step === 'finishSecret') {
    reportRotation(log, secretArn, true);
  }
}

function createTimeoutFailure({ waitingFor = 'a response', seen }: OutOfTime): Failure {
  return createFailure('ROTATION_TIMEOUT', { waitingFor, seen: renderLastStatus(seen) });
}

interface Rotation {
  readonly key: ManagedAccessKey;
  readonly versionId: string;
  readonly immuta: IntegrationsClient;
  readonly deadline: Deadline;
  readonly log: Log;
}

const STEPS: Record<string, (rotation: Rotation) => Promise<void>> = {
  async createSecret(rotation) {
    await rotation.key.createPending(rotation.versionId, async ({ integrationId: id, accessKeyId }) => {
      const record = await readInPlace(rotation, id);
      if (record.accessKeyId !== accessKeyId) {
        throw createNotReadyFailure(id, 'does not show the current access key of the secret, and may have another one');
      }
    });
  },

  /** Sends what Immuta has now, with the pending key. */
  async setSecret(rotation) {
    const { key, versionId, immuta } = rotation;
    const pending = await key.findRotated(versionId);
    if (!pending) {
      throw createFailure('ROTATION_NOT_POSSIBLE', {});
    }
    const { integrationId: id, userName, accessKeyId } = pending;
    const { status, accessKeyId: shown } = await readInPlace(rotation, id);
    if (status === 'enabled' && shown === accessKeyId) {
      return; // an earlier attempt has ended only now
    }
    await key.provide(userName, versionId); // waits, if necessary: what was read before may be outdated then
    const reply = await immuta.update(id, async () => {
      const record = await readInPlace(rotation, id);
      const given = await key.provide(userName, versionId); // last: what it has read is outdated soon
      if (!key.isHeldBy(record)) {
        throw createNotReadyFailure(id, 'has an access key that this stack did not create');
      }
      return buildConfig({ ...record, authenticationType: 'accessKey' }, record.name, given);
    });
    if (reply === 'missing') {
      throw createNotReadyFailure(id, 'does not exist');
    }
    if ('failure' in reply) {
      throw reply.failure;
    }
  },

  /** Waits until Immuta works with the key. Secrets Manager tests a new schedule with a version without a value. */
  async testSecret(rotation) {
    const { key, versionId, deadline } = rotation;
    const sent = await key.findRotated(versionId);
    if (!sent) {
      return;
    }
    const record = await readEnabled(rotation, sent.integrationId);
    if (record.accessKeyId !== sent.accessKeyId) {
      // Immuta masks the key, or has answered with the state before the request
      await deadline.sleep(IMMUTA_LAG_MS);
      key.assertShownBy(await readEnabled(rotation, sent.integrationId));
    }
  },

  async finishSecret(rotation) {
    const { key, versionId } = rotation;
    const sent = await key.findRotated(versionId);
    if (sent) {
      const { integrationId: id } = sent;
      await key.settle(await readEnabled(rotation, id), () => waitForSteadyStatus(rotation, id));
    }
  },
};

async function readEnabled(rotation: Rotation, id: string): Promise<IntegrationRecord> {
  const record = await readInPlace(rotation, id);
  if (record.status !== 'enabled') {
    const details = describeDetails(record);
    throw createNotReadyFailure(id, `is '${record.status}'${details && ` (${details})`}`);
  }
  return record;
}

/** Reads the integration as soon as it is in a status that takes a change. */
async function readInPlace(rotation: Rotation, id: string): Promise<IntegrationRecord> {
  const record = await waitForSteadyStatus(rotation, id);
  if (!record) {
    throw createNotReadyFailure(id, 'does not exist');
  }
  const { status, authenticationType } = record;
  if (!isInPlace(status) || authenticationType !== 'accessKey') {
    throw createNotReadyFailure(id, `is '${status}' with authenticationType '${authenticationType}'`);
  }
  return record;
}

function createNotReadyFailure(id: string, state: string): Failure {
  return createFailure('ROTATION_INTEGRATION_NOT_READY', { id, state });
}
