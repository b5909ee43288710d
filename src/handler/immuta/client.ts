import { AuthenticationType, IMMUTA_S3_TYPE } from '../contract';
import { HttpError, UnexpectedAnswerError } from './errors';
import { Location } from '../location';
import { Transport } from './transport';
import { FailedTest } from './validation-tests';
import { asObject } from '../runtime/json';
import { Redaction } from '../runtime/redaction';
import { oneLine, withoutFullStop } from '../runtime/text';

/** Ids are opaque; but they become a part of a path. */
export const INTEGRATION_ID = /^[\w-]+$/;

const LONGEST_TEST_MESSAGE = 500;

/** Shorter, it is a mask like `***`, not a key: to take that out of every text would tear holes into it. */
const SHORTEST_KEY = 8;

/** `config` of an S3 integration, as it is sent. It may hold credentials: never in a log line or a reason. */
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

/** An S3 integration of the tenant. Immuta may answer with credentials in clear: no secret is taken over. */
export interface IntegrationRecord {
  readonly id: string;
  readonly status: string;
  readonly name: string;
  readonly location: Location;
  readonly locationRoleArn: string;
  readonly authenticationType: string;
  readonly roleToAssumeArn?: string;
  /** As Immuta shows it, perhaps a mask; nothing without one. Not in a log line or a reason, unless it is one of our own. */
  readonly accessKeyId?: string;
  readonly failedTests: readonly FailedTest[];
  /** What Immuta says beside its tests. */
  readonly message?: string;
}

/**
 * Immuta's integrations API, for S3 integrations.
 *
 * @see https://documentation.immuta.com/SaaS/developer-guides/api-intro/integrations-api/how-to-guides/s3-api
 */
export class IntegrationsClient {
  constructor(private readonly transport: Transport, private readonly redaction: Redaction) {}

  /** The S3 integrations that exist: not those of other types, nor what is left of deleted ones. */
  public async list(): Promise<IntegrationRecord[]> {
    const answer = await this.transport.request('GET', '/integrations');
    if (!Array.isArray(answer)) {
      throw new UnexpectedAnswerError({ method: 'GET', path: '/integrations' }, 'it is not a list');
    }
    return answer.map((item) => this.record(item)).filter((record) => record !== undefined);
  }

  /** Nothing if there is none, or if it is deleted, or of another type. */
  public async get(id: string): Promise<IntegrationRecord | undefined> {
    const path = `/integrations/${id}`;
    try {
      const answer = await this.transport.request('GET', path);
      if (asObject(answer).id === undefined) {
        throw new UnexpectedAnswerError({ method: 'GET', path }, 'it has no id');
      }
      return this.record(answer);
    } catch (error) {
      return nothingIfNotFound(error);
    }
  }

  /** Never repeats itself: after an error that is not a refusal, look whether it was done. */
  public async create(config: IntegrationConfig): Promise<string> {
    const answer = await this.transport.request('POST', '/integrations', async () => payload(config));
    const id = idOf(answer);
    if (id === undefined) {
      throw new UnexpectedAnswerError({ method: 'POST', path: '/integrations' }, 'it has no id');
    }
    return id;
  }

  /**
   * Sends the whole configuration, credentials included. False if there is no such integration.
   *
   * @param config Called before each attempt
   */
  public async update(id: string, config: () => Promise<IntegrationConfig>): Promise<boolean> {
    return this.accepted('PUT', id, async () => payload(await config()));
  }

  /** False if there is no such integration. Without a body: Immuta refuses credentials here. */
  public async delete(id: string): Promise<boolean> {
    return this.accepted('DELETE', id);
  }

  private async accepted(method: string, id: string, body?: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.transport.request(method, `/integrations/${id}`, body);
      return true;
    } catch (error) {
      return nothingIfNotFound(error) ?? false;
    }
  }

  private record(item: unknown): IntegrationRecord | undefined {
    const { status, type, config, validationResults, message } = asObject(item);
    const id = idOf(item);
    // before any text of the record is taken: it may quote them
    this.rememberKeys(asObject(config));
    if (id === undefined || type !== IMMUTA_S3_TYPE || status === 'deleted') {
      return undefined;
    }
    const { name, awsAccountId, awsRegion, awsLocationPath, awsLocationRole, authenticationType, awsRoleToAssume, awsAccessKeyId } = asObject(config);
    return {
      id,
      status: text(status),
      name: text(name),
      location: { accountId: text(awsAccountId), region: text(awsRegion), path: text(awsLocationPath) },
      locationRoleArn: text(awsLocationRole),
      authenticationType: text(authenticationType),
      roleToAssumeArn: text(awsRoleToAssume) || undefined,
      accessKeyId: text(awsAccessKeyId) || undefined,
      failedTests: failedTests(validationResults, this.redaction),
      message: clean(message, this.redaction),
    };
  }

  private rememberKeys({ awsAccessKeyId, awsSecretAccessKey }: Readonly<Record<string, unknown>>): void {
    [awsAccessKeyId, awsSecretAccessKey].map(text).filter(({ length }) => length >= SHORTEST_KEY).forEach((key) => this.redaction.remember(key));
  }
}

/** The failing tests of an answer that refuses a configuration; none if it does not name them. */
export function failedTestsOf(error: HttpError, redaction: Redaction): FailedTest[] {
  return failedTests(asObject(error.body).validationResults, redaction);
}

function payload(config: IntegrationConfig): object {
  // Immuta bootstraps neither S3 nor BigQuery, and wants to be told so
  return { type: IMMUTA_S3_TYPE, autoBootstrap: false, config };
}

function failedTests(validationResults: unknown, redaction: Redaction): FailedTest[] {
  const { validationTests } = asObject(validationResults);
  return (Array.isArray(validationTests) ? validationTests.map(asObject) : [])
    .filter(({ status }) => status === 'failed')
    .map(({ name, message }) => ({ name: text(name), message: clean(message, redaction) }));
}

/** The documentation says a number, its samples show a string. */
function idOf(item: unknown): string | undefined {
  const id = text(asObject(item).id);
  return INTEGRATION_ID.test(id) ? id : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function clean(value: unknown, redaction: Redaction): string | undefined {
  return withoutFullStop(oneLine(redaction.redact(text(value)), LONGEST_TEST_MESSAGE)) || undefined;
}

function nothingIfNotFound(error: unknown): undefined {
  if (error instanceof HttpError && error.status === 404) {
    return undefined;
  }
  throw error;
}
