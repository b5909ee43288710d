/**
 * Statuses that an integration keeps. Every other one, known or not, is waited out, because the list has grown before.
 *
 * @see https://documentation.immuta.com/SaaS/developer-guides/api-intro/integrations-api/reference-guides/response-schema
 */
const STEADY = [
  'enabled',
  'createError',
  'editError',
  'deleteError',
  'migrateError',
  'disabled',
  'deleted',
  'recurringValidationError',
];

export function isSteady(status: string): boolean {
  return STEADY.includes(status);
}

/** Whether an integration works: Immuta restores it if an edit, a deletion or a migration fails. */
export function isInPlace(status: string): boolean {
  return ['enabled', 'editError', 'deleteError', 'migrateError', 'recurringValidationError'].includes(status);
}

/** Whether an integration was created, and its deletion was not requested. */
export function isComplete(status: string): boolean {
  return !['creating', 'createError', 'deleting'].includes(status);
}
