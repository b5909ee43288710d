import { Settings } from '../../live/experiment';

/** Other values of the switches than the defaults: by experiment, one list entry for each run. */
export const OTHER_SETTINGS: Record<string, Settings[]> = {
  'instance-tags': [{ 'aws.accessGrants.changesTagsInPlace': true }],
  'role-to-assume': [{ 'immuta.switches.knowsRoleToAssume': false }],
  'principal': [{ 'immuta.identity.externalId': 'sent' }],
  'put-fields': [
    { 'immuta.switches.locationRoleEdit': 'record-only' },
    {
      'immuta.switches.nonEditable': ['awsRegion', 'awsRoleToAssume', 'authenticationType'],
      'immuta.switches.ignoredByEdit': ['name', 'awsLocationRole'],
    },
  ],
  'last-slash': [{ 'immuta.switches.keepsLastSlash': false }, { 'aws.accessGrants.keepsLastSlash': false }],
  'deleted-record': [{ 'immuta.switches.keepsDeleted': true }],
  'read-lag': [
    {
      'immuta.switches.readLag.get.create': 2_000,
      'immuta.switches.readLag.get.edit': 3_000,
      'immuta.switches.readLag.get.delete': 4_000,
      'immuta.switches.readLag.list.create': 5_000,
      'immuta.switches.readLag.list.edit': 6_000,
      'immuta.switches.readLag.list.delete': 7_000,
    },
    { 'aws.accessGrants.listLagMs': 8_000 },
  ],
  'durations': [
    {
      'immuta.switches.durations.creating': 60_000,
      'immuta.switches.durations.editing': 2_000,
      'immuta.switches.durations.deleting': 120_000,
    },
  ],
  'two-integrations': [{ 'immuta.switches.needsEmptyInstance': true }],
  'validation-failure': [
    { 'immuta.switches.validationFailure': 'unprocessable-bare' },
    { 'immuta.switches.validationFailure': 'ok', 'immuta.switches.createErrorRepair': 'put' },
    { 'immuta.switches.validationFailure': 'createError', 'immuta.switches.createErrorRepair': 'delete' },
  ],
  'masked-keys': [{ 'immuta.switches.masksKeys': true }, { 'immuta.switches.omitsKeys': true }],
  'data-source-prefix': [
    {
      'immuta.switches.dataSources.takes': 'absolute',
      'immuta.switches.dataSources.shows': 'relative',
      'immuta.switches.dataSources.answers': 'object',
      'immuta.switches.dataSources.handlerType': 'Amazon S3',
      'immuta.switches.dataSources.showsCreation': false,
    },
    { 'immuta.switches.dataSources.answers': 'job', 'immuta.switches.dataSources.shows': 'absolute' },
  ],
  'data-source-failure': [
    { 'immuta.switches.dataSources.partialFailure': 'refused' },
    { 'immuta.switches.dataSources.partialFailure': 'silent' },
  ],
  'data-source-edit': [
    { 'immuta.switches.dataSources.renames': false },
    { 'immuta.switches.dataSources.restores': false, 'immuta.switches.dataSources.keepsNames': false },
  ],
  'data-source-deletion': [
    { 'immuta.switches.dataSources.blocksIntegration': 'none' },
    { 'immuta.switches.dataSources.blocksIntegration': 'all' },
  ],
  'pass-role': [{ 'aws.s3Control.passedToService': 'another' }],
  'scope-keys': [{ 'aws.s3Control.hasScopeKeys.location': false }, { 'aws.s3Control.hasScopeKeys.grant': false }],
  'set-context': [
    { 'aws.accessGrants.trustActions': ['sts:AssumeRole'] },
    { 'aws.accessGrants.trustActions': ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:SetContext'] },
  ],
  'source-arn': [{ 'aws.accessGrants.sourceArn': 'location' }],
  'identity-center': [
    { 'aws.accessGrants.secondAssociation': 'accepted' },
    { 'aws.accessGrants.associationMs': 9_000 },
    { 'aws.accessGrants.applicationProvider': 's3-access-grants' },
  ],
  'association-end': [{ 'aws.accessGrants.endsAssociationWithGrants': false }],
  'cancellation': [{ 'cloudFormation.cancels': 'after the response' }],
  'update-time': [{ 'cloudFormation.updateTime': 'start' }],
  'retry-order': [{ 'cloudFormation.retryOrder': 'create-first' }],
  'cleanup-id': [{ 'cloudFormation.cleanupShows': 'deleted' }],
  'express-mode': [{ 'cloudFormation.expressWaitsForCustomResources': false }],
  'event-age': [{ 'lambda.deliveries': [5_000], 'responses.expiresSeconds': 3_600 }],
  'refactoring': [{ 'cloudFormation.refactorsCustomResources': false }],
};
