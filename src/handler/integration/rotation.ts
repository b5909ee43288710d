import { reportRotation } from './credentials';
import { buildConfig } from './desired-state';
import { readRecord } from './record-status';
import { ManagedAccessKey } from '../access-keys/managed-access-key';
import { prepareNetwork } from '../aws/network';
import { Failure, createFailure, redactFailure, renderLastStatus } from '../failure';
import { IntegrationRecord, IntegrationsClient } from '../immuta/client';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { isInPlace, isSteady } from '../immuta/status';
import { describeDetails } from '../immuta/validation-tests';
import { LambdaContext } from '../protocol/event';
import { Clock } from '../runtime/clock';
import { Deadline, OutOfTime } from '../runtime/deadline';
import { Environment } from '../runtime/environment';
import { toObject } from '../runtime/json';
import { createLog, Log } from '../runtime/log';
import { poll } from '../runtime/poll';
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
  const redaction = new Redaction();
  const log = createLog({ clock: options.clock, redaction, write: options.writeLog }, { requestId, requestType: step });
  const deadline = new Deadline(options.clock, {
    handOverAt: options.clock.now() + context.getRemainingTimeInMillis() - RESERVE_MS,
    giveUpAt: Infinity,
    iamPropagationEndsAt: options.clock.now() + IAM_PROPAGATION_MS,
    creationEndsAt: 0,
  });
  const tools = { deadline, log, redaction, beforeWrite: async () => deadline.check() };
  const key = new ManagedAccessKey({ secretArn, requestId, ...tools });
  const run = STEPS[step];
  log.info('received');
  try {
    if (!run) {
      throw createFailure('ROTATION_STEP_UNKNOWN', { step });
    }
    await prepareNetwork(options.environment, tools);
    const { integrations: immuta } = connectTenant(options.environment, tools);
    await run({ key, versionId: requestId, immuta, deadline, log });
    log.info('succeeded');
  } catch (error) {
    const failed = redactFailure(error instanceof OutOfTime ? createTimeoutFailure(error) : error, redaction);
    log.warn('failed', { message: failed.message });
    reportRotation(log, secretArn, false);
    throw failed;
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
  createSecret: ({ key, versionId }) => key.createPending(versionId),

  /** Sends what Immuta has now, with the pending key. */
  async setSecret({ key, versionId, immuta, ...tools }) {
    const pending = await key.findPending(versionId);
    if (!pending) {
      throw createFailure('ROTATION_NOT_POSSIBLE', {});
    }
    const { integrationId: id, userName, accessKeyId } = pending;
    const { status, accessKeyId: shown } = await readSteady(id, { immuta, ...tools });
    if (status === 'enabled' && shown === accessKeyId) {
      return; // an earlier attempt has ended only now
    }
    const reply = await immuta.update(id, async () => {
      const record = await readSteady(id, { immuta, ...tools });
      const given = await key.provide(userName, versionId); // last: what it has read is outdated soon
      if (!key.isHeldBy(record)) {
        throw createFailure('ROTATION_INTEGRATION_NOT_READY', {
          id,
          state: 'has an access key that this stack did not create',
        });
      }
      return buildConfig({ ...record, authenticationType: 'accessKey' }, record.name, given);
    });
    if (reply === 'missing') {
      throw createFailure('ROTATION_INTEGRATION_NOT_READY', { id, state: 'does not exist' });
    }
    if ('failure' in reply) {
      throw reply.failure;
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
      await tools.deadline.sleep(IMMUTA_LAG_MS);
      record = await readEnabled(sent.integrationId, tools);
    }
    if (!key.isShownBy(record)) {
      throw createFailure('ACCESS_KEY_IGNORED', { id: record.id });
    }
  },

  async finishSecret({ key, versionId, ...tools }) {
    const sent = await key.findSent(versionId);
    if (sent) {
      const { integrationId: id } = sent;
      await key.settle(await readEnabled(id, tools), () => readSteady(id, tools));
    }
  },
};

async function readEnabled(
  id: string,
  tools: Pick<Rotation, 'immuta' | 'deadline' | 'log'>,
): Promise<IntegrationRecord> {
  const record = await readSteady(id, tools);
  if (record.status !== 'enabled') {
    const details = describeDetails(record);
    throw createFailure('ROTATION_INTEGRATION_NOT_READY', {
      id,
      state: `is '${record.status}'${details ? ` (${details})` : ''}`,
    });
  }
  return record;
}

/** Reads the integration as soon as it is in a status that takes a change. */
async function readSteady(
  id: string,
  { immuta, deadline, log }: Omit<Rotation, 'key' | 'versionId'>,
): Promise<IntegrationRecord> {
  return poll<IntegrationRecord>({ deadline, waitingFor: `a steady status of integration ${id}` }, async () => {
    const record = await readRecord({ immuta, log }, id);
    if (
      !record ||
      (isSteady(record.status) && !isInPlace(record.status)) ||
      record.authenticationType !== 'accessKey'
    ) {
      const state = !record
        ? 'does not exist'
        : `is '${record.status}' with authenticationType '${record.authenticationType}'`;
      throw createFailure('ROTATION_INTEGRATION_NOT_READY', { id, state });
    }
    return isSteady(record.status) ? { done: record } : { seen: `integration ${id} is '${record.status}'` };
  });
}
