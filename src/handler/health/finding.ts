import { HealthFindingName } from '../contract';
import { createFailure, Failure, FailureCode, toFailure } from '../failure';
import { OutOfTime } from '../runtime/deadline';

/** Something that a check found wrong. */
export interface Finding {
  readonly name: Exclude<HealthFindingName, 'Healthy'>;
  /** What is wrong, and what to do. */
  readonly failure: Failure;
}

/** What a check knows about an integration. */
export interface Health {
  readonly findings: readonly Finding[];
  /** The status in Immuta, if it was read. */
  readonly status?: string;
  /** Number of validation tests that fail. */
  readonly failingTests: number;
  /** Number of fields that differ. */
  readonly drift: number;
}

const BY_CODE: Partial<Record<FailureCode, Finding['name']>> = {
  API_KEY_REJECTED: 'ApiKeyRejected',
  API_KEY_NOT_PERMITTED: 'ApiKeyRejected',
  DATA_SOURCES_NOT_PERMITTED: 'ApiKeyRejected',
  API_KEY_EMPTY: 'ApiKeyRejected',
  API_KEY_IS_JSON: 'ApiKeyRejected',
  API_KEY_MALFORMED: 'ApiKeyRejected',
  IMMUTA_NOT_REACHABLE: 'NoAnswer',
  IMMUTA_UNAVAILABLE: 'NoAnswer',
  IMMUTA_RATE_LIMITED: 'NoAnswer',
  CERTIFICATE_NOT_TRUSTED: 'NoAnswer',
  PROXY_REFUSED: 'NoAnswer',
  AWS_NOT_REACHABLE: 'NoAnswer',
  AWS_UNAVAILABLE: 'NoAnswer',
};

/** Returns the finding that an error of a request means. */
export function classifyError(error: unknown): Finding {
  if (error instanceof OutOfTime) {
    const { waitingFor = 'a response' } = error;
    return { name: 'NoAnswer', failure: createFailure('HEALTH_CHECK_TIMEOUT', { waitingFor }) };
  }
  const failure = toFailure(error);
  return { name: BY_CODE[failure.code] ?? 'UnexpectedAnswer', failure };
}

/** Whether a finding is about the integration, so that a deployment may explain it. */
export function isAboutIntegration({ name }: Finding): boolean {
  return !['ApiKeyRejected', 'NoAnswer', 'UnexpectedAnswer'].includes(name);
}
