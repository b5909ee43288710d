import { Failure, FailureCode } from '../failure';

/** What Immuta says of itself, and may quote AWS in. */
const CODES: readonly FailureCode[] = [
  'CREATE_FAILED',
  'UPDATE_FAILED',
  'UPDATE_NOT_POSSIBLE',
  'DELETE_FAILED',
  'API_KEY_NOT_PERMITTED',
  'IMMUTA_CONFLICT',
  'IMMUTA_REQUEST_REFUSED',
  'IMMUTA_UNAVAILABLE',
  'VALIDATION_NOT_EXPLAINED',
  'VALIDATION_TEST_FAILED',
];

const DENIAL = /access ?denied|not authorized|is denied|forbidden/i;
/** An action as IAM or an SDK names it. */
const ACTION = /\b[a-z][a-z0-9-]*:[A-Z]\w+|calling the \w+ operation/;

/** The conditions in the policy of Immuta's role or user that an option switches off, and their actions. */
const RESTRICTIONS = [
  {
    actions: /\b(?:(?:Create|Get|Delete)AccessGrant|(?:Create|Get|Update|Delete)AccessGrantsLocation)\b/,
    advice: "If AWS denied Immuta its own location or grants, set 'restrictScope' of the integration to false",
  },
  {
    actions: /\bPassRole\b/,
    advice: "If AWS denied Immuta iam:PassRole, set 'restrictPassRole' of the integration to false",
  },
];

/** Names the options that switch off conditions which may explain a failure of Immuta. */
export function adviseOnRestrictions(why: Failure): Failure {
  const { code, text, remedy } = why;
  if (!CODES.includes(code) || !DENIAL.test(text)) {
    return why;
  }
  const advice = RESTRICTIONS.filter(({ actions }) => actions.test(text) || !ACTION.test(text))
    .map((restriction) => restriction.advice);
  return new Failure(code, { text, remedy: [remedy, ...advice].join('. ') }, { cause: why });
}
