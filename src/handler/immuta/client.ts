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

/** IDs are opaque, but they become part of a path. */
export const INTEGRATION_ID = /^[\w-]+$/;

const LONGEST_TEST_MESSAGE = 500;

/** A shorter one is a mask like `***`, not a key: redacting that would tear holes into every text. */
const SHORTEST_KEY = 8;

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
  /** @param retryMs milliseconds for which a request is retried if that is safe */
  constructor(
    private readonly transport: Transport,
    private readonly redaction: Redaction,
    private readonly retryMs = LONG_RETRY_MS,
  ) {}

  /** The same client with another time for retries. */
  public withRetryMs(retryMs: number): IntegrationsClient {
    return new IntegrationsClient(this.transport, this.redaction, retryMs);
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
    return reply.json.map((item) => this.parseRecord(item)).filter((record) => record !== undefined);
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
    if (toObject(reply.json).id === undefined) {
      throw createInvalidRefusal(request, 'it has no id').failure;
    }
    return this.parseRecord(reply.json);
  }

  /**
   * Creates an integration and returns its ID. Never retries: after a refusal of kind `lost`, the integration may
   * exist.
   */
  public async create(config: IntegrationConfig): Promise<string | ImmutaRefusal> {
    const request = { method: 'POST', path: '/integrations' };
    const reply = await this.send(request, async () => buildPayload(config));
    if ('refusal' in reply) {
      return this.explain(reply.refusal);
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

  /** Without a body: Immuta refuses credentials here. */
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
      return isNotFound(reply.refusal) ? 'missing' : this.explain(reply.refusal);
    }
    return { isAnswerLost: reply.isAnswerLost, status: readText(toObject(reply.json).status) };
  }

  private send(request: RequestLine, body?: () => Promise<unknown>): Promise<Reply> {
    return this.transport.send({ ...request, body, retryMs: this.retryMs });
  }

  /** Adds the failed tests to the refusal of a configuration. */
  private explain(refusal: ImmutaRefusal): ImmutaRefusal {
    if (refusal.status !== 422) {
      return refusal;
    }
    const failed = parseFailedTests(toObject(refusal.body).validationResults, this.redaction);
    const kind = isExplainedByIamPropagation(failed) ? 'iam' : 'final';
    return failed.length === 0
      ? { ...refusal, kind }
      : { ...refusal, kind, failure: createValidationFailure(refusal.failure.text, failed) };
  }

  private parseRecord(item: unknown): IntegrationRecord | undefined {
    const { status, type, config, validationResults, message } = toObject(item);
    const id = parseId(item);
    // before any text of the record is used, because it may quote them
    this.rememberKeys(toObject(config));
    if (id === undefined || type !== IMMUTA_S3_TYPE || status === 'deleted') {
      return undefined;
    }
    const {
      name,
      awsAccountId,
      awsRegion,
      awsLocationPath,
      awsLocationRole,
      authenticationType,
      awsRoleToAssume,
      awsAccessKeyId,
    } = toObject(config);
    return {
      id,
      status: readText(status),
      name: readText(name),
      location: { accountId: readText(awsAccountId), region: readText(awsRegion), path: readText(awsLocationPath) },
      locationRoleArn: readText(awsLocationRole),
      authenticationType: readText(authenticationType),
      roleToAssumeArn: readText(awsRoleToAssume) || undefined,
      accessKeyId: readText(awsAccessKeyId) || undefined,
      failedTests: parseFailedTests(validationResults, this.redaction),
      message: cleanMessage(message, this.redaction),
    };
  }

  private rememberKeys({ awsAccessKeyId, awsSecretAccessKey }: Readonly<Record<string, unknown>>): void {
    [awsAccessKeyId, awsSecretAccessKey]
      .map(readText)
      .filter(({ length }) => length >= SHORTEST_KEY)
      .forEach((key) => this.redaction.remember(key));
  }
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

function readText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function cleanMessage(value: unknown, redaction: Redaction): string | undefined {
  return removeFullStop(joinLines(redaction.redact(readText(value)), LONGEST_TEST_MESSAGE)) || undefined;
}

function isNotFound({ status }: ImmutaRefusal): boolean {
  return status === 404;
}

function createValidationFailure(answer: string, failed: readonly FailedTest[]): ValidationFailure {
  const values = { answer, tests: describeFailedTests(failed), hints: renderHints(failed, 'Then try again') };
  return new ValidationFailure(createFailure('VALIDATION_TEST_FAILED', values), failed);
}
