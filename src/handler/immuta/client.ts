import { AuthenticationType, IMMUTA_S3_TYPE } from '../contract';
import { Location } from '../location';
import { ImmutaRefusal, createInvalidRefusal, RequestLine } from './refusal';
import { LONG_RETRY_MS } from './retry';
import { Reply, Transport } from './transport';
import {
  describeFailedTests,
  FailedTest,
  renderHints,
  isExplainedByIamPropagation,
  ValidationFailure,
} from './validation-tests';
import { createFailure } from '../failure';
import { toObject } from '../runtime/json';
import { Redaction } from '../runtime/redaction';
import { joinLines, removeFullStop } from '../runtime/text';

/** IDs are opaque, but they become part of a path and of a physical ID. */
export const INTEGRATION_ID = /^[\w-]{1,64}$/;

const LONGEST_TEST_MESSAGE = 500;
/** No name, path or ARN is longer. */
const LONGEST_TEXT = 2_048;

/** Anything else is a mask like `***`, or a word: redacting that would tear holes into every text. */
const ACCESS_KEY_ID = /^[A-Z0-9]{16,128}$/;
const SECRET_ACCESS_KEY = /^[\w/+=-]{30,128}$/;
/** Immuta has one record of an integration, or two while one replaces the other. */
const MOST_OWN_RECORDS = 10;

/** `config` of an S3 integration, as it is sent. It may hold credentials: never print it. */
export interface IntegrationConfig {
  readonly name: string;
  readonly awsAccountId: string;
  readonly awsRegion: string;
  readonly awsLocationRole: string;
  readonly awsLocationPath: string;
  readonly authenticationType: AuthenticationType;
  readonly awsRoleToAssume?: string;
  readonly awsAccessKeyId?: string;
  readonly awsSecretAccessKey?: string;
}

/** An S3 integration of the tenant. Immuta may respond with credentials in clear text: they are left out. */
export interface IntegrationRecord {
  readonly id: string;
  readonly status: string;
  readonly name: string;
  readonly location: Location;
  readonly locationRoleArn: string;
  readonly authenticationType: string;
  readonly roleToAssumeArn?: string;
  /** As Immuta shows it, perhaps a mask. Not to be printed unless it is one of our own. */
  readonly accessKeyId?: string;
  readonly failedTests: readonly FailedTest[];
  /** Immuta's message beside its tests. */
  readonly message?: string;
}

/** A request that Immuta accepted. */
export interface Accepted {
  /** Whether an attempt before had no answer, and may have been carried out, too. */
  readonly isAnswerLost: boolean;
  /** The status of the record in Immuta's answer, such as `editing`. Empty if the answer does not say. */
  readonly status: string;
}

/**
 * Immuta's integrations API, for S3 integrations.
 *
 * @see https://documentation.immuta.com/SaaS/developer-guides/api-intro/integrations-api/how-to-guides/s3-api
 */
export class IntegrationsClient {
  /**
   * @param isOwn whether the record with this name is ours, so that its credentials are redacted
   * @param retryMs milliseconds for which a request is retried if that is safe
   */
  constructor(
    private readonly transport: Transport,
    private readonly redaction: Redaction,
    private readonly isOwn: (name: string) => boolean,
    private readonly retryMs = LONG_RETRY_MS,
  ) {}

  /** The same client with another time for retries. */
  public withRetryMs(retryMs: number): IntegrationsClient {
    return new IntegrationsClient(this.transport, this.redaction, this.isOwn, retryMs);
  }

  /** Lists the S3 integrations that exist: not those of other types, nor what is left of deleted ones. */
  public async list(): Promise<IntegrationRecord[]> {
    const request = { method: 'GET', path: '/integrations' };
    const reply = await this.send(request);
    if ('refusal' in reply) {
      throw reply.refusal.failure;
    }
    if (!Array.isArray(reply.json)) {
      throw createInvalidRefusal(request, 'it is not a list').failure;
    }
    const items = reply.json.filter((item) => isExistingS3Integration(request, item));
    items
      .filter((item) => this.isOwn(readName(item)))
      .slice(0, MOST_OWN_RECORDS)
      .forEach((item) => this.rememberKeys(item));
    return items.map((item) => this.parseRecord(request, item));
  }

  /** Undefined if there is none, or if it is deleted or of another type. */
  public async get(id: string): Promise<IntegrationRecord | undefined> {
    const request = { method: 'GET', path: `/integrations/${id}` };
    const reply = await this.send(request);
    if ('refusal' in reply) {
      if (isNotFound(reply.refusal)) {
        return undefined;
      }
      throw reply.refusal.failure;
    }
    // before any text of the record is used, because it may quote them
    this.rememberKeys(reply.json);
    if (parseId(reply.json) !== id) {
      throw createInvalidRefusal(request, 'it has no id, or another one').failure;
    }
    return isExistingS3Integration(request, reply.json) ? this.parseRecord(request, reply.json) : undefined;
  }

  /**
   * Creates an integration and returns its ID. Never retries: after a refusal of kind `lost`, the integration may
   * exist.
   */
  public async create(config: IntegrationConfig): Promise<string | ImmutaRefusal> {
    const request = { method: 'POST', path: '/integrations' };
    const reply = await this.send(request, async () => buildPayload(config));
    if ('refusal' in reply) {
      return this.explain(reply.refusal, false);
    }
    return parseId(reply.json) ?? createInvalidRefusal(request, 'it has no id');
  }

  /**
   * Sends the whole configuration, including credentials.
   *
   * @param config called before each attempt
   */
  public async update(
    id: string,
    config: () => Promise<IntegrationConfig>,
  ): Promise<Accepted | 'missing' | ImmutaRefusal> {
    return this.change('PUT', id, async () => buildPayload(await config()));
  }

  /** Deletes an integration. Sends no body, because Immuta refuses credentials here. */
  public async delete(id: string): Promise<Accepted | 'missing' | ImmutaRefusal> {
    return this.change('DELETE', id);
  }

  private async change(
    method: string,
    id: string,
    body?: () => Promise<unknown>,
  ): Promise<Accepted | 'missing' | ImmutaRefusal> {
    const reply = await this.send({ method, path: `/integrations/${id}` }, body);
    if ('refusal' in reply) {
      return isNotFound(reply.refusal) ? 'missing' : this.explain(reply.refusal, true);
    }
    return { isAnswerLost: reply.isAnswerLost, status: readText(toObject(reply.json).status) };
  }

  private send(request: RequestLine, body?: () => Promise<unknown>): Promise<Reply> {
    return this.transport.send({ ...request, body, retryMs: this.retryMs });
  }

  /** Adds the failed tests to the refusal of a configuration. @param exists whether the integration exists */
  private explain(refusal: ImmutaRefusal, exists: boolean): ImmutaRefusal {
    if (refusal.status !== 422) {
      return refusal;
    }
    const failed = parseFailedTests(toObject(refusal.body).validationResults, this.redaction);
    const kind = isExplainedByIamPropagation(failed) ? 'iam' : 'final';
    return failed.length === 0
      ? { ...refusal, kind }
      : { ...refusal, kind, failure: createValidationFailure(refusal.failure.text, failed, exists) };
  }

  /** @throws Failure if the record lacks what says whose it is: it is neither a success nor gone */
  private parseRecord(request: RequestLine, item: unknown): IntegrationRecord {
    const { status, validationResults, message } = toObject(item);
    const config = toObject(toObject(item).config);
    const id = parseId(item);
    const location = {
      accountId: readText(config.awsAccountId),
      region: readText(config.awsRegion),
      path: readText(config.awsLocationPath),
    };
    if (id === undefined || ![readName(item), ...Object.values(location)].every(Boolean)) {
      throw createInvalidRefusal(request, 'an integration lacks its id, or its name or location in config').failure;
    }
    return {
      id,
      status: readText(status),
      name: readName(item),
      location,
      locationRoleArn: readText(config.awsLocationRole),
      authenticationType: readText(config.authenticationType),
      roleToAssumeArn: readText(config.awsRoleToAssume) || undefined,
      accessKeyId: readText(config.awsAccessKeyId) || undefined,
      failedTests: parseFailedTests(validationResults, this.redaction),
      message: cleanMessage(message, this.redaction),
    };
  }

  private rememberKeys(item: unknown): void {
    const { awsAccessKeyId, awsSecretAccessKey } = toObject(toObject(item).config);
    const keys = [
      ...(ACCESS_KEY_ID.test(readText(awsAccessKeyId)) ? [readText(awsAccessKeyId)] : []),
      ...(SECRET_ACCESS_KEY.test(readText(awsSecretAccessKey)) ? [readText(awsSecretAccessKey)] : []),
    ];
    keys.forEach((key) => this.redaction.remember(key));
  }
}

/**
 * Whether a record is an S3 integration, and not what is left of a deleted one.
 *
 * @throws Failure if it does not say
 */
function isExistingS3Integration(request: RequestLine, item: unknown): boolean {
  const { status, type } = toObject(item);
  if (status === 'deleted') {
    return false;
  }
  if (typeof type !== 'string') {
    throw createInvalidRefusal(request, 'an integration lacks its type').failure;
  }
  return type === IMMUTA_S3_TYPE;
}

function readName(item: unknown): string {
  return readText(toObject(toObject(item).config).name);
}

function buildPayload(config: IntegrationConfig): object {
  // Immuta bootstraps neither S3 nor BigQuery, and requires the field all the same
  return { type: IMMUTA_S3_TYPE, autoBootstrap: false, config };
}

function parseFailedTests(validationResults: unknown, redaction: Redaction): FailedTest[] {
  const { validationTests } = toObject(validationResults);
  return (Array.isArray(validationTests) ? validationTests.map(toObject) : [])
    .filter(({ status }) => status === 'failed')
    .map(({ name, message }) => ({ name: readText(name), message: cleanMessage(message, redaction) }));
}

/** Immuta's documentation says a number, its samples show a string. */
function parseId(item: unknown): string | undefined {
  const id = readText(toObject(item).id);
  return INTEGRATION_ID.test(id) ? id : undefined;
}

/** Empty if the value is not a text, or so long that it is none of Immuta's. */
function readText(value: unknown): string {
  const said = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return said.length <= LONGEST_TEXT ? said : '';
}

/** Redacts a message before it is cut: half a secret would not be recognized. */
function cleanMessage(value: unknown, redaction: Redaction): string | undefined {
  const said = typeof value === 'string' ? redaction.redact(value) : '';
  return removeFullStop(joinLines(said, LONGEST_TEST_MESSAGE)) || undefined;
}

function isNotFound({ status }: ImmutaRefusal): boolean {
  return status === 404;
}

function createValidationFailure(answer: string, failed: readonly FailedTest[], exists: boolean): ValidationFailure {
  const values = { answer, tests: describeFailedTests(failed), hints: renderHints(failed, 'Then try again', exists) };
  return new ValidationFailure(createFailure('VALIDATION_TEST_FAILED', values), failed);
}
