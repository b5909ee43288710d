import { findLeftovers, Live, NOTHING, refuseToDissociate, useLive } from './fixture';
import { Experiment } from '../../live/experiment';
import { associationEnd } from '../../live/experiments/association-end';
import { cleanupId } from '../../live/experiments/cleanup-id';
import { dataSourceDeletion } from '../../live/experiments/data-source-deletion';
import { dataSourceEdit } from '../../live/experiments/data-source-edit';
import { dataSourcePrefix } from '../../live/experiments/data-source-prefix';
import { durations } from '../../live/experiments/durations';
import { identityCenter } from '../../live/experiments/identity-center';
import { instanceTags } from '../../live/experiments/instance-tags';
import { passRole } from '../../live/experiments/pass-role';
import { principal } from '../../live/experiments/principal';
import { putFields } from '../../live/experiments/put-fields';
import { refactoring } from '../../live/experiments/refactoring';
import { roleToAssume } from '../../live/experiments/role-to-assume';
import { scopeKeys } from '../../live/experiments/scope-keys';
import { setContext } from '../../live/experiments/set-context';
import { twoIntegrations } from '../../live/experiments/two-integrations';
import { validationFailure } from '../../live/experiments/validation-failure';
import type { SendToImmuta } from '../../live/immuta';
import { measure } from '../../live/measure';
import { runKit } from '../../live/run';
import { AwsError } from '../sandbox/aws';
import { applySettings } from '../sandbox/live-settings';

// What looks like an answer, and is none.
const live = useLive();

/** Runs one experiment. @param change What is another way than in the fixture */
async function run(experiment: Experiment, change: (current: Live) => Partial<Live['kit']> = () => ({})) {
  const { kit } = live.current;
  const { results, leftovers } = (await runKit({ ...kit, ...change(live.current), experiments: [experiment] }))!;
  expect(leftovers).toEqual([]);
  return results[0];
}

function set(settings: Record<string, unknown>): void {
  applySettings(live.current.sandbox, settings);
}

/** Immuta with other answers to some requests. Undefined: as it answers. */
function answering(answer: (...request: Parameters<SendToImmuta>) => object | undefined) {
  return ({ kit }: Live) => ({
    immuta: (async (...request) => {
      const body: any = answer(...request);
      return body ? { status: body.statusCode, body } : kit.immuta(...request);
    }) as SendToImmuta,
  });
}

test('principal waits for the tests of an integration that fails later', async () => {
  set({ 'immuta.switches.validationFailure': 'createError', 'immuta.identity.externalId': 'sent' });
  expect(await run(principal)).toMatchObject({ seen: { 'immuta.identity.externalId': 'sent' } });
});

test('role-to-assume concludes nothing when Immuta ignores the field', async () => {
  const result = await run(roleToAssume, ({ kit }) => ({
    immuta: async (method, path, body) => {
      const reply = await kit.immuta(method, path, body);
      if (method === 'GET') [reply.body].flat().forEach((record) => delete record.config?.awsRoleToAssume);
      return reply;
    },
  }));
  expect(result).toMatchObject({ outcome: 'undetermined', seen: {} });
});

test('put-fields takes each 400 for a refusal, whatever its text', async () => {
  set({ 'immuta.switches.nonEditable': ['awsRegion', 'awsLocationPath'] });
  const refuse = answering((method, _path, body: any) =>
    method === 'PUT' && body.config.awsAccountId === '000000000000'
      ? { statusCode: 400, message: 'The account is another one.' }
      : undefined);
  expect(await run(putFields, refuse)).toMatchObject({ outcome: 'as expected' });
});

test('put-fields does not take the refusal of a key or a role for that of the authentication', async () => {
  const refuse = answering((method, _path, body: any) =>
    method === 'PUT' && body.config.authenticationType === 'accessKey'
      ? { statusCode: 400, message: 'The key is invalid.' }
      : undefined);
  expect(await run(putFields, refuse)).toMatchObject({ outcome: 'as expected' });
});

test('put-fields deletes an integration that has stored a wrong key', async () => {
  let isKeyStored = false;
  const storeKey = ({ kit }: Live) => ({
    immuta: (async (method, path, body: any) => {
      if (method === 'PUT') isKeyStored = body.config.authenticationType === 'accessKey';
      if (method === 'PUT' && isKeyStored) return { status: 200, body: { status: 'editing' } };
      if (method === 'DELETE' && isKeyStored) return { status: 422, body: { message: 'The key is invalid.' } };
      const reply = await kit.immuta(method, path, body);
      if (isKeyStored && reply.body?.config) reply.body.config.authenticationType = 'accessKey';
      return reply;
    }) as SendToImmuta,
  });
  expect(await run(putFields, storeKey)).toMatchObject({ outcome: 'as expected' });
});

test('put-fields fails when a response says nothing about the value', async () => {
  const refuse = answering((method) => method === 'PUT' ? { statusCode: 409, message: 'Not now.' } : undefined);
  expect(await run(putFields, refuse)).toMatchObject({
    outcome: 'failed', reason: expect.stringContaining('Not now.'),
  });
});

test('durations counts an edit from its request to the record that shows it', async () => {
  set({ 'immuta.switches.readLag.get.edit': 3_000 });
  expect((await run(durations)).seen['immuta.switches.durations.editing']).toBeGreaterThanOrEqual(10_000);
});

test('two-integrations fails when the second one fails without the first one, too', async () => {
  const refuse = answering((method, _path, body: any) =>
    method === 'POST' && body.config.name.endsWith('second') ? { statusCode: 400, message: 'No.' } : undefined);
  expect(await run(twoIntegrations, refuse)).toMatchObject({
    outcome: 'failed', reason: 'the second integration fails without the first one, too',
  });
});

test('data-source-edit does not take a read before the deletion for a restoration', async () => {
  set({ 'immuta.switches.dataSources.readLag.delete': 5_000, 'immuta.switches.dataSources.restores': false });
  expect(await run(dataSourceEdit)).toMatchObject({ seen: { 'immuta.switches.dataSources.restores': false } });
});

test('data-source-deletion does not take a read before the deletion for a refusal', async () => {
  set({ 'immuta.switches.readLag.get.delete': 5_000, 'immuta.switches.dataSources.blocksIntegration': 'none' });
  expect(await run(dataSourceDeletion)).toMatchObject({
    seen: { 'immuta.switches.dataSources.blocksIntegration': 'none' },
  });
});

test('scope-keys says nothing about grants when Immuta keeps those that it did not create', async () => {
  live.current.sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError' });
  live.current.sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', after: 1 });
  expect((await run(scopeKeys)).seen).toEqual({ 'aws.s3Control.hasScopeKeys.location': true });
});

test('pass-role and scope-keys fail when a deployment fails only once', async () => {
  const { faults } = live.current.sandbox.cloudFormation;
  for (const experiment of [passRole, scopeKeys]) {
    faults.push({ logicalId: /^Lake/, action: 'create', reason: 'Rate exceeded', once: true });
    expect(await run(experiment)).toMatchObject({ outcome: 'failed', reason: 'the deployment fails only sometimes' });
  }
});

test('instance-tags fails when the update fails for another reason', async () => {
  live.current.sandbox.cloudFormation.faults.push({
    logicalId: /^Instance$/, action: 'update', reason: 'Rate exceeded', once: true,
  });
  set({ 'aws.accessGrants.changesTagsInPlace': true });
  expect(await run(instanceTags)).toMatchObject({
    outcome: 'failed', reason: 'the update failed for another reason: Rate exceeded',
  });
});

test('refactoring fails when it is refused for another reason', async () => {
  const { cloudFormation } = live.current.sandbox;
  cloudFormation.requireRefactorable = () => {
    throw new Error('The stack has drifted');
  };
  expect(await run(refactoring)).toMatchObject({
    outcome: 'failed', reason: expect.stringContaining('CREATE_FAILED: The stack has drifted'),
  });
});

test('set-context deletes locations that lists do not show yet', async () => {
  set({ 'aws.accessGrants.listLagMs': 120_000 });
  expect(await run(setContext)).toMatchObject({ outcome: 'as expected' });
  const { aws } = live.current.sandbox;
  expect(aws.accessGrants.locations('111122223333', 'us-east-1')).toEqual([]);
});

test('set-context asks for access: S3 may register a location with a role that it cannot use', async () => {
  const { accessGrants } = live.current.sandbox.aws;
  const { requireSession } = accessGrants;
  accessGrants.trustActions = ['sts:AssumeRole'];
  accessGrants.requireSession = (...location) => {
    accessGrants.trustActions = ['sts:AssumeRole', 'sts:SetSourceIdentity'];
    return requireSession.apply(accessGrants, location);
  };
  expect(await run(setContext)).toMatchObject({ outcome: 'as expected' });
});

test('set-context fails when a reader gets no access for another reason', async () => {
  live.current.sandbox.aws.accessGrants.grantFor = () => {
    throw new AwsError(403, 'AccessDenied', 'You do not have READ permissions');
  };
  expect(await run(setContext)).toMatchObject({
    outcome: 'failed', reason: 'a reader gets no access to a location: AccessDenied',
  });
});

test('set-context fails in an instance that is associated with Identity Center', async () => {
  const identityCenterArn = 'arn:aws:sso:::instance/ssoins-1111222233334444';
  live.current.sandbox.aws.accessGrants.createInstance('111122223333', 'us-east-1', { identityCenterArn });
  expect(await run(setContext)).toMatchObject({
    outcome: 'failed', reason: 'the instance is associated with Identity Center',
  });
});

test('identity-center says nothing about the application provider when Identity Center does not show it', async () => {
  live.current.sandbox.aws.route('sso', () => Promise.reject(new AwsError(400, 'ValidationException', 'no')));
  expect((await run(identityCenter)).seen).toEqual({
    'aws.accessGrants.secondAssociation': 'conflict', 'aws.accessGrants.associationMs': 0,
  });
});

test.each([identityCenter, associationEnd])('$id does not change an instance of another owner', async (experiment) => {
  const { sandbox: { aws } } = live.current;
  const instance = aws.accessGrants.createInstance('111122223333', 'us-east-1');
  expect(await run(experiment)).toMatchObject({
    outcome: 'failed', reason: 'the account has an instance that the kit did not create',
  });
  expect(aws.requests.filter(({ path }) => path.endsWith('/identitycenter'))).toEqual([]);
  expect(instance.association).toBeUndefined();
});

test('association-end fails when S3 does not end the association without the grant, either', async () => {
  refuseToDissociate(live.current, (request) => request <= 30, new AwsError(400, 'InvalidRequest', 'Not now'));
  expect(await run(associationEnd)).toMatchObject({
    outcome: 'failed', reason: 'S3 does not end the association without the grant, either: Not now',
  });
});

test('association-end does not take a refusal for a moment for one because of the grant', async () => {
  refuseToDissociate(live.current, (request) => request === 1, new AwsError(409, 'OperationAborted', 'Try again'));
  expect(await run(associationEnd)).toMatchObject({ outcome: 'as expected' });
});

test('association-end waits until S3 no longer counts the grant', async () => {
  const { accessGrants } = live.current.sandbox.aws;
  let lastGrant = 0;
  refuseToDissociate(live.current, (request) => {
    if (accessGrants.findInstance('111122223333', 'us-east-1')!.grants.size > 0) lastGrant = request;
    return request - lastGrant < 3;
  }, new AwsError(409, 'Conflict', 'There are grants'));
  expect((await run(associationEnd)).seen).toEqual({ 'aws.accessGrants.endsAssociationWithGrants': false });
});

test('association-end says nothing when S3 accepts the end and keeps the association', async () => {
  const { accessGrants } = live.current.sandbox.aws;
  const dissociate = accessGrants.dissociate.bind(accessGrants);
  accessGrants.dissociate = (...instance) => {
    if (accessGrants.findInstance(...instance)!.grants.size === 0) dissociate(...instance);
  };
  expect(await run(associationEnd)).toMatchObject({ outcome: 'undetermined', seen: {} });
});

test('association-end does not take missing permissions for a refusal', async () => {
  live.current.sandbox.aws.route('s3-control', (request, next) =>
    request.method === 'DELETE' && request.path.endsWith('/identitycenter')
      ? Promise.reject(new AwsError(403, 'AccessDenied', 'Access Denied'))
      : next(request));
  const { kit } = live.current;
  const { results } = (await runKit({ ...kit, experiments: [associationEnd] }))!;
  expect(results).toMatchObject([{ outcome: 'failed', reason: 'Access Denied' }]);
});

test('cleanup-id ends the update before its stack is destroyed when the user ends the run', async () => {
  const { kit, ended, sandbox: { cloudFormation } } = live.current;
  const sleep: typeof kit.time.sleep = (ms, signal) => {
    const stack = cloudFormation.stacks.get('ImmutaLive-a1b2c3-CleanupId');
    if (stack?.status === 'UPDATE_IN_PROGRESS') ended.abort();
    return kit.time.sleep(ms, signal);
  };
  const time = { ...kit.time, sleep };
  expect(await runKit({ ...kit, time, experiments: [cleanupId] })).toMatchObject({
    results: [{ outcome: 'failed', reason: 'ended by the user' }], leftovers: [],
  });
  expect(findLeftovers(live.current)).toEqual(NOTHING);
});

test('cleanup-id says nothing when the update fails', async () => {
  live.current.sandbox.cloudFormation.faults.push({ action: 'update', logicalId: /^Replaced$/, reason: 'It fails' });
  expect(await run(cleanupId)).toMatchObject({ outcome: 'undetermined', seen: {} });
});

test('two-integrations does not conclude from one refusal', async () => {
  let refusals = 0;
  const refuse = answering((method, _path, body: any) =>
    method === 'POST' && body.config.name.endsWith('second') && (refusals += 1) === 1
      ? { statusCode: 409, message: 'Busy.' }
      : undefined);
  expect(await run(twoIntegrations, refuse)).toMatchObject({ outcome: 'as expected' });
});

test('validation-failure does not take another failure for the way to repair a record', async () => {
  set({ 'immuta.switches.validationFailure': 'createError' });
  let posts = 0;
  const refuse = answering((method) =>
    method === 'POST' && (posts += 1) === 3 ? { statusCode: 422, message: 'Test 2 failed.' } : undefined);
  expect((await run(validationFailure, refuse)).seen).toEqual({ 'immuta.switches.validationFailure': 'createError' });
});

test('put-fields goes on after an edit that fails later', async () => {
  live.current.sandbox.immuta.faults.transition({ from: 'editing', to: 'editError' });
  expect(await run(putFields)).toMatchObject({ outcome: 'as expected' });
});

test('data-source-prefix fails when Immuta does not show what it accepted', async () => {
  set({ 'immuta.switches.dataSources.blocksIntegration': 'none' });
  const hide = answering((_method, path) =>
    path.startsWith('/dataSource/name/') ? { statusCode: 404, message: 'Not found.' } : undefined);
  expect(await run(dataSourcePrefix, hide)).toMatchObject({
    outcome: 'failed', reason: 'Immuta accepted a data source and does not show it',
  });
});

test('data-source-edit says nothing about names when each data source is refused', async () => {
  const refuse = answering((method, path, body: any) =>
    method === 'POST' && path === '/native-s3/handler' && body.dataSources[0].prefix.endsWith('/another/')
      ? { statusCode: 422, message: 'The prefix is empty.' }
      : undefined);
  expect(await run(dataSourceEdit, refuse)).toMatchObject({
    outcome: 'failed', reason: 'Immuta refuses a data source with a new name, too',
  });
});

test('data-source-edit says nothing about names when Immuta answers with the ID of a job', async () => {
  set({ 'immuta.switches.dataSources.answers': 'job', 'immuta.switches.dataSources.keepsNames': false });
  expect((await run(dataSourceEdit)).seen).toEqual({
    'immuta.switches.dataSources.renames': true, 'immuta.switches.dataSources.restores': true,
  });
});

test('data-source-deletion does not conclude from one deletion that failed', async () => {
  set({ 'immuta.switches.readLag.get.delete': 30_000, 'immuta.switches.dataSources.blocksIntegration': 'none' });
  live.current.sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError' });
  expect(await run(dataSourceDeletion)).toMatchObject({
    seen: { 'immuta.switches.dataSources.blocksIntegration': 'none' },
  });
});

test('data-source-deletion fails when the integration cannot be deleted without data sources, either', async () => {
  let deletions = 0;
  const refuse = answering((method, path) =>
    method === 'DELETE' && path.startsWith('/integrations/') && (deletions += 1) <= 4
      ? { statusCode: 422, message: 'No.' }
      : undefined);
  expect(await run(dataSourceDeletion, refuse)).toMatchObject({
    outcome: 'failed', reason: 'the integration cannot be deleted without data sources, either',
  });
});

test('measures 0 when the first read shows a change, however long a request takes', async () => {
  const slow: Experiment = {
    id: 'slow',
    question: 'How long?',
    expected: { first: 0, third: 0, never: 0 },
    async run(context) {
      let reads = 0;
      const answers = async (isShown: () => boolean) => {
        await context.sleep(200);
        return isShown();
      };
      const [first, third, never] = await measure(context, [
        () => answers(() => true), () => answers(() => (reads += 1) === 3), () => answers(() => false),
      ]);
      return { first, third, never };
    },
  };
  expect((await run(slow)).seen).toEqual({ first: 0, third: expect.any(Number) });
});
