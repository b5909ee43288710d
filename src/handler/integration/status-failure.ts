import { Failure, createFailure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { describeDetails, renderHints, ValidationFailure } from '../immuta/validation-tests';

/** Explains the status of a record, in Immuta's words and ours. */
export function createStatusFailure(
  code: 'CREATE_FAILED' | 'UPDATE_FAILED' | 'UPDATE_NOT_POSSIBLE' | 'DELETE_FAILED',
  record: IntegrationRecord,
  then = 'Then try again',
): Failure {
  const { id, status, failedTests } = record;
  const details = describeDetails(record);
  const hints = renderHints(failedTests, then, code !== 'CREATE_FAILED');
  return new ValidationFailure(
    createFailure(code, { id, status, details: details && `; ${details}`, hints }),
    failedTests,
  );
}
