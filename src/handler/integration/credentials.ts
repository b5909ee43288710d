import { ManagedAccessKey, canHold } from '../access-keys/managed-access-key';
import { hasErrorCode } from '../aws/error';
import { AccessKey } from '../aws/iam';
import { readField, readSecret } from '../aws/secrets-manager';
import {
  ENV_API_KEY_SECRET_ARN,
  ENV_IMMUTA_URL,
  METRIC_DIMENSION_SECRET,
  METRIC_KEY_ROTATION_FAILED,
  METRIC_NAMESPACE,
} from '../contract';
import { createFailure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { Properties, ResourceEvent } from '../protocol/event';
import { EventTools } from '../protocol/event-tools';
import { Environment } from '../runtime/environment';
import { Log, bestEffort } from '../runtime/log';

/** The credentials of an integration: an access key, managed or from a secret, or none where Immuta has a role. */
export interface Credentials {
  /** The managed key, which a Delete releases. */
  readonly managed?: ManagedAccessKey;
  /** Returns the access key for a request to Immuta that is sent right now. Call it before each attempt. */
  provide(): Promise<AccessKey | undefined>;
  /** Whether Immuta may hold the key that was sent last, as far as it shows the ID. */
  isShownBy(record: Pick<IntegrationRecord, 'accessKeyId'>): boolean;
  /** Records that Immuta is enabled with what was sent last, and deletes the keys that nothing needs any more. */
  settle(record: IntegrationRecord, read: () => Promise<IntegrationRecord | undefined>): Promise<void>;
  /**
   * Deletes the managed keys of each secret that a failed Update introduces or replaces, unless Immuta may hold one:
   * what CloudFormation does next may not name that secret any more.
   */
  releaseUnused(canHoldKey: (key: ManagedAccessKey) => Promise<boolean>): Promise<void>;
  /** Reads every secret that Immuta may quote, as far as that is possible in some seconds, so that it is redacted. */
  remember(): Promise<void>;
}

/** Where an access key comes from: the function manages the keys of a user, or a secret of the user has one. */
type KeySource = ManagedSource | SecretSource;

interface ManagedSource {
  readonly kind: 'managed';
  readonly secretArn: string;
  readonly userName: string;
}

interface SecretSource {
  readonly kind: 'secret';
  readonly secretArn: string;
  readonly idField: string;
  readonly keyField: string;
}

/** Parses where an access key comes from. Undefined if Immuta has a role. */
function parseKeySource(properties: Properties): KeySource | undefined {
  const { AccessKeySecretArn: secretArn, AccessKeyUserName: userName } = properties;
  if (!secretArn) {
    return undefined;
  }
  if (userName) {
    return { kind: 'managed', secretArn, userName };
  }
  const { AccessKeyIdField: idField, SecretAccessKeyField: keyField } = properties;
  return properties.AuthenticationType === 'accessKey'
    ? { kind: 'secret', secretArn, idField: idField || 'accessKeyId', keyField: keyField || 'secretAccessKey' }
    : undefined;
}

/** Returns the credentials that the properties of an event name. */
export function createCredentials(event: ResourceEvent, tools: EventTools, environment: Environment): Credentials {
  const { deadline, redaction, log } = tools;
  const source = parseKeySource(event.properties);
  const oldSource = parseKeySource(event.oldProperties);
  const tenantUrl = environment[ENV_IMMUTA_URL] ?? '';
  const manage = ({ secretArn }: ManagedSource, limits: Partial<EventTools> = {}) =>
    new ManagedAccessKey({ secretArn, tenantUrl, requestId: event.requestId, ...tools, ...limits });
  // another user of the same integration has the same secret
  const isSameSecret = oldSource?.secretArn === source?.secretArn;
  const managed = source?.kind === 'managed' ? manage(source) : undefined;
  const former = oldSource?.kind === 'managed' && !isSameSecret ? manage(oldSource) : undefined;
  let sent: AccessKey | undefined;

  return {
    managed,
    async provide() {
      await former?.withhold();
      sent = await readCurrent();
      return sent;
    },
    isShownBy: (record) => canHold(record, sent),
    async settle(record, read) {
      await managed?.settle(record, read);
      await former?.release();
      if (source?.kind === 'managed' && sent) {
        reportRotation(log, source.secretArn, true);
      }
    },
    async releaseUnused(canHoldKey) {
      const limits = { deadline: deadline.withCleanupTime(), beforeWrite: () => tools.operation.assertCurrent() };
      for (const each of isSameSecret ? [] : [source, oldSource]) {
        const key = each?.kind === 'managed' ? manage(each, limits) : undefined;
        if (key && (await key.hasKeys()) && !(await canHoldKey(key))) {
          await limits.beforeWrite(); // also before the labels of the secret change
          await key.release(() => canHoldKey(key));
        }
      }
    },
    async remember() {
      await Promise.all([source, oldSource].map((each) => bestEffort(log, 'secret-not-read', () => readSecrets(each))));
    },
  };

  async function readCurrent(): Promise<AccessKey | undefined> {
    switch (source?.kind) {
      case 'managed':
        return managed!.provide(source.userName);
      case 'secret':
        return readAccessKey(source);
      default:
        return undefined;
    }
  }

  /** Redaction remembers what is read. */
  async function readSecrets(each: KeySource | undefined): Promise<void> {
    const limits = { deadline: deadline.withFewRetries() };
    if (each?.kind === 'managed') {
      await manage(each, limits).isSettled();
    } else if (each) {
      await readAccessKey(each, limits.deadline);
    }
  }

  async function readAccessKey({ secretArn, idField, keyField }: SecretSource, limits = deadline): Promise<AccessKey> {
    if (isSecret(secretArn, environment[ENV_API_KEY_SECRET_ARN])) {
      throw createFailure('ACCESS_KEY_SECRET_IS_API_KEY', { secret: secretArn });
    }
    const text = await readSecret(secretArn, { deadline: limits, log });
    return {
      accessKeyId: redaction.remember(readPrintableField(secretArn, text, idField)),
      secretAccessKey: redaction.remember(readPrintableField(secretArn, text, keyField)),
    };
  }
}

/**
 * Deletes the keys of an integration that does not exist any more. Keeps those of an adopted one, which
 * outlives its stack.
 */
export async function releaseCredentials(
  { managed }: Credentials,
  log: Log,
  isInUse: (managed: ManagedAccessKey) => Promise<boolean>,
): Promise<void> {
  if (managed && (await isSecretThere(managed, log)) && !(await isInUse(managed))) {
    await managed.release();
  }
}

/** Whether the secret exists: one that was deleted outside the stack names no keys. */
async function isSecretThere(managed: ManagedAccessKey, log: Log): Promise<boolean> {
  try {
    await managed.isSettled();
    return true;
  } catch (error) {
    if (!hasErrorCode(error, /^ResourceNotFoundException$/)) {
      throw error;
    }
    log.warn('secret-not-found', { message: (error as Error).message });
    return false;
  }
}

/** Writes a metric: 1 for a failed rotation, 0 for a successful rotation or deployment. */
export function reportRotation(log: Log, secretArn: string, succeeded: boolean): void {
  log.metrics({
    namespace: METRIC_NAMESPACE,
    values: [{ name: METRIC_KEY_ROTATION_FAILED, value: succeeded ? 0 : 1 }],
    dimensions: { [METRIC_DIMENSION_SECRET]: secretArn },
  });
}

/** Reads a part of an access key: it has no white space and only ASCII characters. */
function readPrintableField(arn: string, text: string, field: string): string {
  const value = readField(arn, text, field);
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw createFailure('SECRET_FIELD_MALFORMED', { secret: arn, field });
  }
  return value;
}

/** A secret that is imported by name is known without the six characters that end its ARN. */
function isSecret(arn: string, other = ''): boolean {
  const isWithout = (short: string, long: string) => long.startsWith(`${short}-`) && long.length === short.length + 7;
  return arn === other || isWithout(arn, other) || isWithout(other, arn);
}
