import { failedTestsOf, IntegrationRecord } from '../immuta/client';
import { HttpError, NoAnswerError, UnexpectedAnswerError } from '../immuta/errors';
import { explainFailedTests, FailedTest, isExplainedByIamPropagation } from '../immuta/validation-tests';
import { Redaction } from '../runtime/redaction';

/** Tests of Immuta's failed. */
export class ValidationError extends Error {
  public readonly name = 'ValidationError';

  constructor(message: string, public readonly failedTests: readonly FailedTest[], options?: ErrorOptions) {
    super(message, options);
  }
}

/** A request to create or change an integration that did not succeed. */
export interface Refusal {
  readonly error: Error;
  /** What may still be done about it: look and send it again (`lost`: it may even have been done), or nothing. */
  readonly kind: 'lost' | 'later' | 'conflict' | 'iam' | 'final';
  readonly retryAfter?: string;
}

/** Says what a request's failure means. Errors that are none of Immuta's answers are thrown again. */
export function refusalOf(error: unknown, redaction: Redaction): Refusal {
  if (error instanceof NoAnswerError || error instanceof UnexpectedAnswerError) {
    return { error, kind: 'lost' };
  }
  if (!(error instanceof HttpError)) {
    throw error;
  }
  const { status, retryAfter } = error;
  if (status >= 500 || status === 408) {
    return { error, kind: 'lost', retryAfter };
  }
  if (status === 429) {
    return { error, kind: 'later', retryAfter };
  }
  if (status === 409) {
    return { error, kind: 'conflict' };
  }
  if (status === 422) {
    const failed = failedTestsOf(error, redaction);
    const explained = failed.length > 0 ? new ValidationError(`${error.message}; ${explainFailedTests(failed)}`, failed, { cause: error }) : error;
    return { error: explained, kind: isExplainedByIamPropagation(failed) ? 'iam' : 'final' };
  }
  return { error, kind: 'final' };
}

/** Why an integration is not enabled, in Immuta's words and ours. */
export function failureOf(record: IntegrationRecord, what: string, remedy: string): Error {
  const details = [record.message, explainFailedTests(record.failedTests)].filter(Boolean).join('; ');
  return new ValidationError(`${what}: integration ${record.id} is '${record.status}'${details ? `; ${details}` : ''}; ${remedy}`, record.failedTests);
}
