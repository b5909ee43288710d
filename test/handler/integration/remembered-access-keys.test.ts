import { ACCESS_KEY_ARN, CONFIG, ROLE, World } from '../support/world';

/** Ends with a search for the key in all that the handler has written. */
let world: World;
beforeEach(async () => {
  world = await World.start();
  world.aws.secrets.set(ACCESS_KEY_ARN, JSON.stringify({ accessKeyId: 'AKIAPLANTEDKEYID', secretAccessKey: KEY }));
});
afterEach(() => world.close());

const ID = 'immuta-s3-integration/1001';
const KEY = 'planted/secret+access/key';
const PROPERTIES = { AuthenticationType: 'accessKey', RoleToAssumeArn: undefined, AccessKeySecretArn: ACCESS_KEY_ARN };
const MESSAGE = `InvalidClientTokenId: AKIAPLANTEDKEYID with ${KEY}`;
const REDACTED = 'InvalidClientTokenId: [redacted] with [redacted]';

const hidden = { ...CONFIG, authenticationType: 'accessKey', awsRoleToAssume: undefined };
const inClear = { ...hidden, awsAccessKeyId: 'AKIAPLANTEDKEYID', awsSecretAccessKey: KEY };

const properties = { properties: PROPERTIES };
/** Whose secret is gone, so that only the record tells. */
const withoutSecret = () => world.aws.secrets.delete(ACCESS_KEY_ARN);
/** As an Immuta that never shows the keys tells of its integrations. */
const hide = () => {
  world.immuta.onChange = (integration) => { integration.config = hidden; };
};

describe.each([
  ['Immuta shows it, and the secret is gone', inClear, withoutSecret],
  ['Immuta does not show it', hidden, hide],
])('the access key is in no reason and no log line where %s', (_, config, prepare) => {
  beforeEach(prepare);

  test('when a Delete fails later', async () => {
    world.immuta.add({ id: '1001', config });
    world.immuta.afterDelete = [{ next: ['deleting', 'deleteError'], message: MESSAGE }];

    expect((await world.delete(ID, properties)).Reason).toContain(`is 'deleteError'; ${REDACTED}`);
  });

  test('when a Delete is refused', async () => {
    world.immuta.add({ id: '1001', config });
    world.immuta.refuseOnce('DELETE', /./, 400, JSON.stringify(inClear));

    expect((await world.delete(ID, properties)).Reason).toContain('"awsSecretAccessKey":"[redacted]"');
  });

  test('when an Update finds what failed', async () => {
    world.immuta.add({ id: '1001', status: 'createError', config, message: MESSAGE });

    expect((await world.update({ ...properties, oldProperties: { ...PROPERTIES, Revision: '1' } })).Reason).toContain(`is 'createError'; ${REDACTED}`);
  });

  test('when an Update to a role finds what failed', async () => {
    world.immuta.add({ id: '1001', status: 'createError', config, message: MESSAGE });

    expect((await world.update({ oldProperties: PROPERTIES })).Reason).toContain(`is 'createError'; ${REDACTED}`);
  });
});

test.each([['shows', () => undefined], ['does not show', hide]])('it is in none when the next invocation sees a Create fail, and Immuta %s it', async (_, prepare) => {
  prepare();
  world.functionTimeoutMs = 120_000;
  world.immuta.afterPost = [{ next: [...Array(30).fill('creating'), 'createError'], message: MESSAGE, failing: [{ name: 'Unknown' }] }];

  expect((await world.create(properties)).Reason).toContain(`is 'createError'; ${REDACTED}`);
  expect(world.aws.count('Invoke')).toBeGreaterThan(0);
});

test('a Delete neither needs the secret nor waits for it', async () => {
  const begin = world.clock.now();
  world.aws.locations = [{ id: 'loc-1001', scope: 's3://sales/', roleArn: ROLE }];
  world.immuta.add({ id: '1001', config: hidden });
  withoutSecret();
  world.immuta.once('GET', /./, (__, response) => {
    world.aws.denials.GetSecretValue = 1; // that of the access key: that of the API key has been read
    response.writeHead(503).end();
  });

  expect(await world.delete(ID, properties)).toMatchObject({ Status: 'SUCCESS' });
  expect(world.clock.now() - begin).toBeLessThan(30_000);
});

test('a mask in its place is no secret', async () => {
  world.immuta.add({ id: '1001', config: { ...hidden, awsSecretAccessKey: 'e' } });
  world.immuta.afterDelete = [{ next: ['deleting', 'deleteError'], message: 'See there.' }];

  expect((await world.delete(ID, properties)).Reason).toContain('See there; ');
});
