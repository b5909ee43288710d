import { Failure, failure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { describeFailedTests, hintsFor, ValidationFailure } from '../immuta/validation-tests';

/** Explains the status of a record, in Immuta's words and ours. */
export function statusFailure(
  code: 'CREATE_FAILED' | 'UPDATE_FAILED' | 'UPDATE_NOT_POSSIBLE' | 'DELETE_FAILED',
  record: IntegrationRecord,
  then = 'Then try again',
): Failure {
  const { id, status, message, failedTests } = record;
  const details = [message, describeFailedTests(failedTests)]
    .filter(Boolean)
    .map((detail) => `; ${detail}`)
    .join('');
  return new ValidationFailure(failure(code, { id, status, details, hints: hintsFor(failedTests, then) }), failedTests);
}
