/**
 * Statuses at which an integration stays by itself. Every other one, known or not, is waited for: the list has grown
 * before.
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

/**
 * Steady and in place: Immuta rolls an integration back to what it was when an edit, a deletion or a migration fails.
 */
export function isInPlace(status: string): boolean {
  return ['enabled', 'editError', 'deleteError', 'migrateError', 'recurringValidationError'].includes(status);
}
