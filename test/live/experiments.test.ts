import { findLeftovers, NOTHING, only, useLive } from './fixture';
import { Settings } from '../../live/experiment';
import { EXPERIMENTS } from '../../live/experiments';
import { runKit } from '../../live/run';
import { applySettings, readSetting } from '../sandbox/live-settings';

const live = useLive();

/** Other values of the switches than the defaults: by experiment, one list entry for each run. */
const OTHERS: Record<string, Settings[]> = {
  'instance-tags': [{ 'aws.accessGrants.changesTagsInPlace': true }],
  'role-to-assume': [{ 'immuta.switches.knowsRoleToAssume': false }],
  'principal': [{ 'immuta.identity.externalId': 'sent' }],
  'put-fields': [
    { 'immuta.switches.locationRoleEdit': 'record-only' },
    {
      'immuta.switches.nonEditable': ['awsRegion', 'awsRoleToAssume'],
      'immuta.switches.ignoredByEdit': ['name', 'awsLocationRole'],
    },
  ],
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
  'identity-center': [{ 'aws.accessGrants.secondAssociation': 'accepted' }],
  'cancellation': [{ 'cloudFormation.cancels': 'after the response' }],
  'update-time': [{ 'cloudFormation.updateTime': 'start' }],
  'retry-order': [{ 'cloudFormation.retryOrder': 'create-first' }],
  'express-mode': [{ 'cloudFormation.expressWaitsForCustomResources': false }],
  'event-age': [{ 'lambda.deliveries': [5_000], 'responses.expiresSeconds': 3_600 }],
  'refactoring': [{ 'cloudFormation.refactorsCustomResources': false }],
};

const findExperiment = (id: string) => EXPERIMENTS.find((each) => each.id === id)!;
const CASES = EXPERIMENTS.flatMap(({ id, expected }) =>
  [expected, ...OTHERS[id]].map((settings) => ({ id, settings })));

test.each(EXPERIMENTS)('expects of $id what the stand-ins do', ({ expected }) => {
  for (const [key, value] of Object.entries(expected)) {
    expect([key, readSetting(live.current.sandbox, key)]).toEqual([key, value]);
  }
});

test.each(EXPERIMENTS)('tests $id with other values of all its switches', ({ id, expected }) => {
  expect(new Set(OTHERS[id].flatMap(Object.keys))).toEqual(new Set(Object.keys(expected)));
});

test.each(CASES)('reports $settings as the result of $id', async ({ id, settings }) => {
  const { sandbox, kit } = live.current;
  applySettings(sandbox, settings);

  const report = (await runKit({ ...kit, ...only(findExperiment(id)) }))!;

  const [result] = report.results;
  expect(result.reason).toBeUndefined();
  if (settings === findExperiment(id).expected) {
    expect(result.outcome).toBe('as expected');
  } else {
    expect(result).toMatchObject({ outcome: 'different', seen: settings });
  }
  expect(report.leftovers).toEqual([]);
  expect(findLeftovers(live.current)).toEqual(NOTHING);
});
