import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import {
  BOOTSTRAP_BUCKET, createLive, findLeftovers, NOTHING, PLACE, refuseToDissociate, RUN_ID, useLive,
} from './fixture';
import { beginAssociation } from '../../live/association';
import { Experiment } from '../../live/experiment';
import { EXPERIMENTS } from '../../live/experiments';
import { createIntegration, deleteIntegration, startIntegration } from '../../live/integrations';
import { createRedact } from '../../live/redact';
import { renderJson, renderMarkdown } from '../../live/report';
import { COSTS, runKit } from '../../live/run';
import { Deployer } from '../../live/stacks';
import { State } from '../../live/state';
import { AwsError, BucketsState } from '../sandbox/aws';
import { DEFAULT_API_KEY } from '../sandbox/immuta';
import { Sandbox, SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

const live = useLive();
const { account, region } = SANDBOX_ENV;

const experimentThat = (run: Experiment['run'], id = 'sample'): Experiment =>
  ({ id, question: 'Is it so?', expected: { 'immuta.switches.keepsDeleted': false }, run });

/** Creates an integration and leaves it. */
const leaves = experimentThat(async (context) => {
  await createIntegration(context, 'left');
  return { 'immuta.switches.keepsDeleted': false };
});

const run = (...experiments: Experiment[]) => runKit({ ...live.current.kit, experiments });

describe('cleaning up', () => {
  test('deletes what an experiment left', async () => {
    expect(await run(leaves)).toMatchObject({ results: [{ outcome: 'as expected' }], leftovers: [] });
    expect(findLeftovers(live.current)).toEqual(NOTHING);
    expect(existsSync(live.current.stateFile)).toBe(false);
  });

  test('deletes what an experiment left before the next one, except the roles', async () => {
    const { sandbox } = live.current;
    sandbox.immuta.switches.needsEmptyInstance = true;
    const fails = experimentThat(async (context) => {
      await createIntegration(context, 'fails');
      throw new Error('no answer');
    }, 'fails');

    expect((await run(fails, leaves))!.results).toMatchObject([{ outcome: 'failed' }, { outcome: 'as expected' }]);
    expect(findLeftovers(live.current)).toEqual(NOTHING);
  });

  test('deletes a location that an integration left in an instance of another owner', async () => {
    const { sandbox: { aws: { accessGrants }, immuta } } = live.current;
    const instance = accessGrants.createInstance(account, region);
    const leavesLocation = experimentThat(async (context) => {
      const { id } = await createIntegration(context, 'left');
      immuta.integrations.get(id)!.locationId = undefined;
      await deleteIntegration(context, id);
      expect(instance.locations.size).toBe(1);
      return {};
    });

    expect(await run(leavesLocation)).toMatchObject({ results: [{ outcome: 'undetermined' }], leftovers: [] });
    expect(instance.locations.size).toBe(0);
  });

  test('takes a location for deleted that only the list still shows', async () => {
    const { sandbox: { aws } } = live.current;
    const { createLocation, locations } = aws.accessGrants;
    const lists = experimentThat(async (context) => {
      const { locationRole } = await context.base();
      const scope = context.path('gone');
      const gone = await createLocation.call(aws.accessGrants, account, region, scope, locationRole);
      aws.accessGrants.deleteLocation(account, region, gone.id);
      context.state.add('locations', scope);
      aws.accessGrants.locations = () => [gone];
      return {};
    });

    expect(await run(lists)).toMatchObject({ leftovers: [] });
    aws.accessGrants.locations = locations;
    expect(findLeftovers(live.current)).toEqual(NOTHING);
  });

  test('deletes a location whose scope S3 wrote without its last slash, which its filter then expects', async () => {
    const { accessGrants } = live.current.sandbox.aws;
    const { listedLocations } = accessGrants;
    const instance = accessGrants.createInstance(account, region);
    accessGrants.keepsLastSlash = false;
    accessGrants.listedLocations = (ofAccount, ofRegion, filter) =>
      listedLocations.call(accessGrants, ofAccount, ofRegion)
        .filter(({ scope }) => filter === undefined || scope === filter);
    const leavesLocation = experimentThat(async (context) => {
      const { locationRole } = await context.base();
      context.state.add('locations', context.path('left'));
      await accessGrants.createLocation(account, region, context.path('left'), locationRole);
      return {};
    });

    expect(await run(leavesLocation)).toMatchObject({ leftovers: [] });
    expect(instance.locations.size).toBe(0);
  });

  test('goes on with the next experiment when one fails, and deletes what both left', async () => {
    const fails = experimentThat(async (context) => {
      await startIntegration(context, 'started');
      throw new Error(`no answer for ${account}`);
    }, 'fails');

    const report = await run(fails, leaves);

    expect(report!.results).toMatchObject([
      { id: 'fails', outcome: 'failed', reason: 'no answer for <account>', seen: {} },
      { id: 'sample', outcome: 'as expected' },
    ]);
    expect(findLeftovers(live.current)).toEqual(NOTHING);
  });

  test('deletes everything when the user ends the run', async () => {
    const { ended } = live.current;
    const endsRun = experimentThat(async (context) => {
      await startIntegration(context, 'started');
      ended.abort();
      await context.sleep(1_000);
      return {};
    });

    expect(await run(endsRun, leaves)).toMatchObject({
      results: [{ outcome: 'failed', reason: 'ended by the user' }],
      leftovers: [],
    });
    expect(findLeftovers(live.current)).toEqual(NOTHING);
  });

  test('deletes what a run left that was killed, before it asks anything', async () => {
    const { sandbox, kit, stateFile } = live.current;
    const killed = experimentThat(async (context) => {
      await startIntegration(context, 'started');
      return new Promise(() => {}); // The process is gone.
    });
    void run(killed);
    while (sandbox.immuta.integrations.size === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(readFileSync(stateFile, 'utf8')).toContain('live-a1b2c3-started');

    const next = createLive(sandbox, stateFile);
    await runKit({ ...next.kit, runId: 'd4e5f6', ask: async () => false });

    expect(next.log[0]).toBe('A run before has ended early. Deletes what it has left.');
    expect(findLeftovers({ ...live.current, kit: { ...kit, state: next.kit.state } })).toEqual(NOTHING);
  });

  test('reports what cannot be deleted, keeps it in the state file, and deletes it in the next run', async () => {
    const { sandbox, stateFile } = live.current;
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', times: 2 });

    const report = await run(leaves);

    expect(report!.leftovers).toEqual([
      'integrations live-a1b2c3-left: an integration was not deleted: deleteError',
      'locations s3://<bucket>/live-a1b2c3-left/: kept for what remains',
      'stacks ImmutaLive-a1b2c3-Base: kept for what remains',
    ]);
    const next = createLive(sandbox, stateFile);
    expect(next.kit.state.current.integrations).toEqual(['live-a1b2c3-left']);
    await runKit({ ...next.kit, experiments: [] });
    expect(findLeftovers(next)).toEqual(NOTHING);
  });

  test('ends an association although an integration remains', async () => {
    const { sandbox, kit } = live.current;
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', times: 2 });
    const associates = experimentThat(async (context) => {
      await createIntegration(context, 'left');
      context.state.add('associations', context.name('association'));
      return {};
    });

    expect((await run(associates))!.leftovers).toHaveLength(3);
    expect(kit.state.current).toMatchObject({ integrations: ['live-a1b2c3-left'], associations: [] });
  });

  test('ends an association that S3 does not end at once', async () => {
    refuseToDissociate(live.current, (request) => request <= 3, new AwsError(409, 'OperationAborted', 'Try again'));
    live.current.sandbox.aws.accessGrants.associationMs = 20_000;
    const leavesAssociation = experimentThat(async (context) => {
      await beginAssociation(context);
      await context.sleep(60_000);
      return {};
    });

    expect(await run(leavesAssociation)).toMatchObject({ leftovers: [] });
    expect(findLeftovers(live.current)).toEqual(NOTHING);
  });

  test('does not take a read before the deletion for a failed one', async () => {
    const { sandbox: { immuta } } = live.current;
    immuta.switches.readLag.get.delete = 30_000;
    immuta.faults.transition({ from: 'deleting', to: 'deleteError' });
    expect(await run(leaves)).toMatchObject({ leftovers: [] });
    expect(findLeftovers(live.current)).toEqual(NOTHING);
  });

  test('gives new roles a minute before Immuta uses them', async () => {
    const { kit } = live.current;
    let elapsedMs = 0;
    const waits = experimentThat(async (context) => {
      await context.base();
      const createdAt = kit.time.now();
      await context.base();
      elapsedMs = kit.time.now() - createdAt;
      return {};
    });

    const { results: [{ seconds }] } = (await run(waits))!;

    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(elapsedMs).toBe(0);
  });

  test('deletes what reads do not show yet', async () => {
    const { sandbox, ended } = live.current;
    sandbox.immuta.switches.readLag.list.create = 30_000;
    const endsRun = experimentThat(async (context) => {
      await startIntegration(context, 'started');
      ended.abort();
      await context.sleep(1_000);
      return {};
    });

    expect(await run(endsRun)).toMatchObject({ leftovers: [] });
    expect(findLeftovers(live.current)).toEqual(NOTHING);
  });

  test.each([
    ['a refusal', { status: 401, body: { statusCode: 401, error: 'Unauthorized', message: 'Invalid API key.' } }],
    ['a page of a proxy', { status: 200, body: '<html>Sign in</html>' }],
  ])('does not take %s for an empty list of integrations', async (_, answer) => {
    const { sandbox, stateFile } = live.current;
    const loses = experimentThat(async (context) => {
      await createIntegration(context, 'left');
      sandbox.immuta.faults.http({ method: 'GET', behaviour: 'answer', answer, times: 2 });
      return {};
    });

    expect((await run(loses))!.leftovers).toEqual([
      expect.stringMatching(/^integrations live-a1b2c3-left: Immuta responds with/),
      'locations s3://<bucket>/live-a1b2c3-left/: kept for what remains',
      'stacks ImmutaLive-a1b2c3-Base: kept for what remains',
    ]);
    const next = createLive(sandbox, stateFile);
    await runKit({ ...next.kit, experiments: [] });
    expect(findLeftovers(next)).toEqual(NOTHING);
  });

  test('deletes grants in its locations among those of another owner', async () => {
    const { sandbox: { aws: { accessGrants } }, kit } = live.current;
    const instance = accessGrants.createInstance(account, region);
    const registers = experimentThat(async (context) => {
      const { locationRole } = await context.base();
      for (const scope of ['s3://theirs/a/', 's3://theirs/b/', 's3://theirs/c/']) {
        const theirs = await accessGrants.createLocation(account, region, scope, locationRole);
        accessGrants.createGrant(account, region, theirs.id, 'arn:aws:iam::111122223333:role/theirs');
      }
      kit.state.add('locations', context.path('ours'));
      const ours = await accessGrants.createLocation(account, region, context.path('ours'), locationRole);
      accessGrants.createGrant(account, region, ours.id, 'arn:aws:iam::111122223333:role/ours');
      return {};
    });

    expect(await run(registers)).toMatchObject({ leftovers: [] });
    expect(live.current.asked[1]).toContain('with 0 locations');
    expect([...instance.locations.values()].map(({ scope }) => scope)).toEqual([
      's3://theirs/a/', 's3://theirs/b/', 's3://theirs/c/',
    ]);
    expect(instance.grants.size).toBe(3);
  });

  test('goes on when an association with Identity Center was noted and not created', async () => {
    const notes = experimentThat(async (context) => {
      await context.base();
      context.state.add('associations', context.name('association'));
      return {};
    });

    expect(await run(notes)).toMatchObject({ leftovers: [] });
    expect(findLeftovers(live.current)).toEqual(NOTHING);
  });

  test('refuses a state file of another account, Region or tenant, which lists what this run cannot find', async () => {
    const { stateFile } = live.current;
    new State(stateFile, 'account 1, eu-west-1, a.example.com').add('integrations', 'live-a1b2c3-left');

    expect(() => new State(stateFile, 'account 1, eu-west-1, b.example.com')).toThrow(
      'lists what a run has left in account 1, eu-west-1, a.example.com, and this run is in account 1, eu-west-1, b.',
    );
    expect(readFileSync(stateFile, 'utf8')).toContain('live-a1b2c3-left');
  });

  test('deletes nothing that another owner created, whatever the state file says', async () => {
    const { sandbox, stateFile } = live.current;
    const record = sandbox.immuta.dataSources.add({ name: 'sales', prefix: '/sales/' });
    const created = { dataSources: ['sales'], stacks: ['Sales'] };
    writeFileSync(stateFile, JSON.stringify({ place: PLACE, created }));

    const next = createLive(sandbox, stateFile);

    expect(await runKit({ ...next.kit, experiments: [] })).toBeUndefined();
    expect(next.log).toContain('Not deleted: dataSources sales: it is not a name of the kit');
    expect([...sandbox.immuta.dataSources.records.values()]).toEqual([record]);
  });
});

describe('asking', () => {
  test('shows costs and permissions before it creates anything, and creates nothing without agreement', async () => {
    const { kit, log, sandbox } = live.current;
    const deployer: Deployer = { deploy: () => Promise.reject(new Error('deploys')), destroy: async () => {} };

    expect(await runKit({ ...kit, deployer, ask: async () => false })).toBeUndefined();

    expect(log).toEqual([COSTS]);
    expect(sandbox.immuta.requests).toEqual([]);
  });

  test('creates nothing when Immuta refuses the API key', async () => {
    const { kit, sandbox } = live.current;
    sandbox.immuta.apiKeys.set(DEFAULT_API_KEY, []);
    const deployer: Deployer = { deploy: () => Promise.reject(new Error('deploys')), destroy: async () => {} };

    await expect(runKit({ ...kit, deployer })).rejects.toThrow('Immuta responds with 403 to GET /integrations');
    expect(sandbox.immuta.requests).toHaveLength(1);
  });

  test.each<[string, (buckets: BucketsState) => void, string]>([
    ['the account is not bootstrapped', (buckets) => buckets.deleteBucket(BOOTSTRAP_BUCKET),
      `account ${account} is not bootstrapped for the CDK in ${region}: there is no bucket '${BOOTSTRAP_BUCKET}'. `
      + `Run 'npx cdk bootstrap aws://${account}/${region}'.`],
    ['the bucket is missing', (buckets) => buckets.deleteBucket(SANDBOX_BUCKET),
      `there is no bucket '${SANDBOX_BUCKET}'. Name one in ${region} with '--bucket'.`],
    ['the bucket is in another Region', (buckets) => {
      buckets.deleteBucket(SANDBOX_BUCKET);
      buckets.createBucket(SANDBOX_BUCKET, { region: 'eu-west-1' });
    }, `the bucket '${SANDBOX_BUCKET}' is in eu-west-1, and this run is in ${region}. Name one in ${region} with `
      + '\'--bucket\', or set AWS_REGION.'],
  ])('creates nothing when %s', async (_, change, message) => {
    const { kit, sandbox: { aws, immuta }, asked } = live.current;
    change(aws.buckets);
    const deployer: Deployer = { deploy: () => Promise.reject(new Error('deploys')), destroy: async () => {} };

    await expect(runKit({ ...kit, deployer })).rejects.toThrow(message);
    expect([asked, immuta.requests]).toEqual([[], []]);
  });

  test.each<[string, AwsError]>([
    ['501 NotImplemented A header you provided implies functionality that is not implemented',
      new AwsError(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented')],
    ['405 MethodNotAllowed The specified method is not allowed',
      new AwsError(405, 'MethodNotAllowed', 'The specified method is not allowed')],
  ])('creates nothing in a Region without S3 Access Grants: %s', async (cause, error) => {
    const { kit, sandbox: { aws, immuta }, asked } = live.current;
    aws.route('s3-control', () => Promise.reject(error));

    await expect(runKit(kit)).rejects.toThrow(
      `S3 Access Grants does not say whether ${region} has an instance. The Region may not have the service. `
      + `It answered: ${cause}`,
    );
    expect([asked, immuta.requests]).toEqual([[], []]);
  });

  test.each<[string, AwsError]>([
    ['missing permissions', new AwsError(403, 'AccessDenied', 'Denied')],
    ['expired credentials', new AwsError(400, 'ExpiredToken', 'Denied')],
  ])('does not take %s for a missing service', async (_, error) => {
    const { kit, sandbox: { aws } } = live.current;
    aws.route('s3-control', () => Promise.reject(error));

    await expect(runKit(kit)).rejects.toThrow(/^Denied$/);
  });

  test('does without the Region of a bucket that S3 does not tell', async () => {
    const { sandbox: { aws } } = live.current;
    aws.route('s3', async () => {
      throw new AwsError(403, 'AccessDenied', 'Access Denied');
    });
    expect(await run(experimentThat(async () => ({})))).toMatchObject({ results: [{ outcome: 'undetermined' }] });
  });

  test('asks before it registers locations in an instance that it did not create, and keeps that', async () => {
    const { asked, sandbox } = live.current;
    const instance = sandbox.aws.accessGrants.createInstance(account, region);

    await run(leaves);

    expect(asked).toEqual([
      'Continue?',
      expect.stringMatching(new RegExp(`did not create, with 0 locations.* s3://${SANDBOX_BUCKET}/live-`)),
    ]);
    expect(sandbox.aws.accessGrants.findInstance(account, region)).toBe(instance);
    expect(instance.locations.size).toBe(0);
  });
});

describe('the caller', () => {
  const { principal } = Object.fromEntries(EXPERIMENTS.map((experiment) => [experiment.id, experiment]));
  const CALLER = 'the principal with the ID AROA726F6C652F696D6D7 in account 999988887777';
  const immutaRole = `arn:aws:iam::${account}:role/immuta`;
  const ownRole = `arn:aws:iam::${account}:role/ImmutaLive-${RUN_ID}-Base-Role`;

  test.each<[string, (sandbox: Sandbox) => void, string]>([
    ['of another account', () => {}, `Immuta assumed the roles as ${CALLER}, without an external ID.`],
    ['with an external ID', ({ immuta }) => Object.assign(immuta.identity, { externalId: 'acme' }),
      `Immuta assumed the roles as ${CALLER}, with the external ID 'acme'.`],
    ['whose request CloudTrail shows in the other Region', ({ aws: { cloudTrail } }) => {
      cloudTrail.region = 'us-west-2';
    }, `Immuta assumed the roles as ${CALLER}, without an external ID.`],
    ['that CloudTrail shows late', ({ aws: { cloudTrail } }) => {
      cloudTrail.delayMs = 14 * 60_000;
    }, `Immuta assumed the roles as ${CALLER}, without an external ID.`],
    ['that CloudTrail does not show', ({ aws: { cloudTrail } }) => {
      cloudTrail.region = 'eu-west-1';
    }, 'CloudTrail shows no caller.'],
    ['while one Region does not answer', ({ aws }) => aws.route('cloudtrail', (request, next) =>
      request.region === 'us-west-2'
        ? Promise.reject(new AwsError(400, 'AccessDeniedException', 'no'))
        : next(request)),
    `Immuta assumed the roles as ${CALLER}, without an external ID.`],
    ['that may not be read', ({ aws }) => aws.route('cloudtrail', () =>
      Promise.reject(new AwsError(400, 'AccessDeniedException', 'cloudtrail:LookupEvents is missing'))),
    'Cannot ask: cloudtrail:LookupEvents is missing'],
    ['among services and roles of others', ({ aws: { cloudTrail } }) => {
      cloudTrail.recordAssumeRole(ownRole, 'lambda.amazonaws.com');
      cloudTrail.recordAssumeRole(`arn:aws:iam::${account}:role/Admin`, `arn:aws:iam::${account}:role/Jane`, 'other');
    }, `Immuta assumed the roles as ${CALLER}, without an external ID.`],
    ['of the same account', ({ aws: { cloudTrail } }) => cloudTrail.recordAssumeRole(ownRole, immutaRole),
      `Immuta assumed the roles as ${immutaRole}, without an external ID.`],
  ])('%s', async (_, change, message) => {
    const { kit, log, sandbox } = live.current;
    change(sandbox);

    const report = await runKit({ ...kit, experiments: [principal] });

    expect(log.at(-1)).toBe(message);
    expect(renderMarkdown(report!) + renderJson(report!)).not.toMatch(/AROA726F|999988887777|acme/);
  });

  test('is not looked up further when the user ends the run', async () => {
    const { kit, log, ended, sandbox } = live.current;
    sandbox.aws.cloudTrail.region = 'eu-west-1';
    const sleep: typeof kit.time.sleep = (ms, signal) => {
      if (log.at(-1)!.includes('CloudTrail')) ended.abort();
      return kit.time.sleep(ms, signal);
    };
    expect(await runKit({ ...kit, experiments: [principal], time: { ...kit.time, sleep } })).toMatchObject({
      results: [{ outcome: 'as expected' }], leftovers: [],
    });
    expect(log.at(-1)).toBe('Ended.');
  });

  test('is not looked up if Immuta assumed no role', async () => {
    const { kit, log, sandbox } = live.current;
    const fails = { ...principal, run: () => Promise.reject(new Error('Immuta assumed neither role')) };
    await runKit({ ...kit, experiments: [fails] });

    expect(log.at(-1)).toBe('\nDeletes what it has created.');
    expect(sandbox.aws.requests.filter(({ service }) => service === 'cloudtrail')).toEqual([]);
  });
});

describe('an outage of Immuta', () => {
  const asks = (method: string, path: string, times: number) => experimentThat(async (context) => {
    live.current.sandbox.immuta.faults.http({ method, behaviour: 'answer', answer: { status: 503 }, times });
    await context.immuta(method, path, method === 'GET' ? undefined : {});
    return { 'immuta.switches.keepsDeleted': false };
  });

  test('does not matter to a GET that is answered after retries', async () => {
    expect(await run(asks('GET', '/integrations', 3))).toMatchObject({
      results: [{ outcome: 'as expected', seconds: 30 }],
    });
  });

  test('does not matter to a GET whose connection breaks', async () => {
    const { sandbox: { immuta: { faults } } } = live.current;
    const breaks = experimentThat(async (context) => {
      faults.http({ method: 'GET', behaviour: 'reset', times: 3 });
      expect(await context.immuta('GET', '/integrations')).toMatchObject({ status: 200 });
      faults.http({ method: 'POST', behaviour: 'reset' });
      await context.immuta('POST', '/integrations', {});
      return {};
    });
    expect(await run(breaks)).toMatchObject({
      results: [{ outcome: 'failed', reason: 'socket hang up', seconds: 30 }],
    });
  });

  test('fails an experiment instead of counting as a refusal', async () => {
    expect(await run(asks('POST', '/integrations', 1))).toMatchObject({
      results: [{ outcome: 'failed', reason: 'Immuta responds with 503 to POST /integrations' }],
    });
  });
});

describe('the report', () => {
  test('names neither secrets nor accounts, tenants, principals and buckets', async () => {
    const { kit } = live.current;
    const { url, principal } = kit.options;
    const tells = experimentThat(async ({ aws, options }) => {
      const texts = [DEFAULT_API_KEY, 'AKIA0123456789ABCDEF', aws.accountId, `${options.url}/x`, principal];
      throw new Error([...texts, options.bucket].join(' '));
    });
    const report = (await run(tells))!;

    for (const text of [renderMarkdown(report), renderJson(report)]) {
      expect(text).toContain('<secret> <AKIA…> <account> https://<tenant>/x <principal> <bucket>');
      for (const value of [DEFAULT_API_KEY, 'AKIA0', account, new URL(url).host, principal, SANDBOX_BUCKET]) {
        expect(text).not.toContain(value);
      }
    }
  });

  test('names neither the role of a caller nor its session, and no host without its port', async () => {
    const redact = createRedact({ ...live.current.kit.options, url: 'https://immuta.acme.com:8443' }, []);
    expect(redact(
      `User: arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Admin_0123/jane@acme.com is not authorized: `
      + `"arn:aws-us-gov:s3:us-gov-west-1:${account}:access-grants/default", ENOTFOUND immuta.acme.com`,
    )).toBe('User: <ARN> is not authorized: "<ARN>", ENOTFOUND <tenant>');
  });

  test('is stored after each experiment, and says that the run has not ended', async () => {
    const { reports } = live.current;
    const ends = experimentThat(async () => ({}), 'ends');
    const looks = experimentThat(async (context) => {
      context.state.add('integrations', 'live-a1b2c3-left');
      expect(reports).toMatchObject([{ isComplete: false, results: [{ id: 'ends' }], leftovers: [] }]);
      return { 'immuta.switches.keepsDeleted': false };
    }, 'looks');

    expect((await run(ends, looks))!.results[1]).toMatchObject({ outcome: 'as expected' });

    expect(reports).toMatchObject([
      { isComplete: false, results: [{ id: 'ends' }] },
      { isComplete: false, results: [{ id: 'ends' }, { id: 'looks' }], leftovers: ['integrations live-a1b2c3-left'] },
      { isComplete: true, results: [{ id: 'ends' }, { id: 'looks' }], leftovers: [] },
    ]);
    expect(renderMarkdown(reports[1])).toContain('The run has not ended, or was killed: experiments are missing.');
  });

  test('that cannot be stored does not keep the kit from deleting what it has created', async () => {
    const { kit, log } = live.current;
    const save = () => {
      throw new Error('no space left on device');
    };
    await expect(runKit({ ...kit, save, experiments: [leaves] })).rejects.toThrow('no space left on device');
    expect(log).toContain('Cannot store the report: no space left on device');
    expect(findLeftovers(live.current)).toEqual(NOTHING);
  });

  test('shows for each switch what was expected and seen', async () => {
    const sees = experimentThat(async () => ({ 'immuta.switches.keepsDeleted': true }));
    const seesNothing = experimentThat(async () => ({}), 'unclear');

    expect(renderMarkdown((await run(sees, seesNothing))!)).toBe(`# Live report

0 as expected, 1 different, 1 undetermined, 0 failed, 0 skipped

## sample: different

Is it so? (0 s)

| switch of the stand-ins | expected | seen |
| --- | --- | --- |
| \`immuta.switches.keepsDeleted\` | \`false\` | \`true\` |

## unclear: undetermined

Is it so? (0 s)

| switch of the stand-ins | expected | seen |
| --- | --- | --- |
| \`immuta.switches.keepsDeleted\` | \`false\` |  |
`);
  });

  test('skips an experiment whose option is missing', async () => {
    const { kit } = live.current;
    const needy: Experiment = { ...leaves, needs: ['directoryGroup', 'identityCenter'] };

    const report = await runKit({
      ...kit, experiments: [needy], options: { ...kit.options, identityCenter: undefined },
    });

    expect(report!.results).toMatchObject([{ outcome: 'skipped', reason: "'--identity-center' is missing" }]);
  });

  test('contains only the experiments that were chosen', async () => {
    const { kit } = live.current;
    const experiments = ['a', 'b', 'c'].map((id) => experimentThat(async () => ({}), id));
    const choose = (only: string[]) => runKit({ ...kit, experiments, options: { ...kit.options, only } });

    expect((await choose(['c', 'a']))!.results.map(({ id }) => id)).toEqual(['a', 'c']);
    await expect(choose(['d'])).rejects.toThrow("'--only' must name experiments, got 'd'");
  });
});
