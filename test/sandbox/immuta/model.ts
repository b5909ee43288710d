/** The twelve statuses of Immuta's documentation. */
export const STATUSES = [
  'creating', 'createError', 'enabled', 'editing', 'editError', 'deleting', 'deleteError', 'deleted',
  'disabled', 'migrating', 'migrateError', 'recurringValidationError',
] as const;

/** Statuses in which Immuta takes neither an edit nor a delete. */
export const IN_TRANSITION: readonly string[] = ['creating', 'editing', 'deleting', 'migrating'];

/** `config` of a 'Native S3' integration. */
export interface S3Config {
  readonly name: string;
  readonly awsAccountId: string;
  readonly awsRegion: string;
  readonly awsLocationRole: string;
  readonly awsLocationPath: string;
  readonly authenticationType: 'auto' | 'accessKey';
  readonly awsRoleToAssume?: string;
  readonly awsAccessKeyId?: string;
  readonly awsSecretAccessKey?: string;
}

export interface ValidationTest {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'warning' | 'skipped';
  readonly message?: string;
}

export interface ValidationResults {
  readonly status: 'passed' | 'failed';
  readonly validationTests: readonly ValidationTest[];
}

/** An integration as Immuta keeps it. Tests may set `status` to any text. */
export interface IntegrationRecord {
  readonly id: string;
  status: string;
  validationResults: ValidationResults;
  config: S3Config;
  /** The Access Grants location that Immuta registered for it. */
  locationId?: string;
  /** @default 'Native S3' */
  type?: string;
  /** What Immuta says beside its tests. @default - nothing */
  message?: string;
}

/** An answer of the API; a body that is not text is written as JSON. */
export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** A refusal by the API. */
export class ImmutaError extends Error {
  constructor(readonly status: number, message: string, readonly validationResults?: ValidationResults) {
    super(message);
  }

  get answer(): Answer {
    const { status, message, validationResults } = this;
    return { status, body: { statusCode: status, error: REASONS[status], message, validationResults } };
  }
}

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  422: 'Unprocessable entity',
};
