import { associationEnd } from './association-end';
import { cancellation } from './cancellation';
import { cleanupId } from './cleanup-id';
import { dataSourceDeletion } from './data-source-deletion';
import { dataSourceEdit } from './data-source-edit';
import { dataSourceFailure } from './data-source-failure';
import { dataSourcePrefix } from './data-source-prefix';
import { deletedRecord } from './deleted-record';
import { durations } from './durations';
import { eventAge } from './event-age';
import { expressMode } from './express-mode';
import { identityCenter } from './identity-center';
import { instanceTags } from './instance-tags';
import { lastSlash } from './last-slash';
import { maskedKeys } from './masked-keys';
import { passRole } from './pass-role';
import { principal } from './principal';
import { putFields } from './put-fields';
import { readLag } from './read-lag';
import { refactoring } from './refactoring';
import { retryOrder } from './retry-order';
import { roleToAssume } from './role-to-assume';
import { scopeKeys } from './scope-keys';
import { setContext } from './set-context';
import { sourceArn } from './source-arn';
import { twoIntegrations } from './two-integrations';
import { updateTime } from './update-time';
import { validationFailure } from './validation-failure';
import { Experiment } from '../experiment';

/** All experiments, in the order in which they run. `instance-tags` needs an account without an instance. */
export const EXPERIMENTS: readonly Experiment[] = [
  instanceTags,
  principal,
  roleToAssume,
  putFields,
  lastSlash,
  deletedRecord,
  readLag,
  durations,
  twoIntegrations,
  validationFailure,
  maskedKeys,
  dataSourcePrefix,
  dataSourceFailure,
  dataSourceEdit,
  dataSourceDeletion,
  passRole,
  scopeKeys,
  setContext,
  sourceArn,
  identityCenter,
  associationEnd,
  cancellation,
  updateTime,
  retryOrder,
  cleanupId,
  expressMode,
  eventAge,
  refactoring,
];
