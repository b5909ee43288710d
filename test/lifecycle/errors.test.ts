import { changes, failure, lake, leftovers, NOTHING, shortAnswers, useSandbox } from './fixture';
import { DEFAULT_API_KEY, HttpFault } from '../sandbox/immuta';
import { SANDBOX_API_KEY_SECRET } from '../sandbox/sandbox';

const sandbox = useSandbox();

test('401: the deployment fails at once, names the secret and leaves nothing', async () => {
  sandbox.current.immuta.apiKeys.clear();

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(/401 .*the API key in the secret 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta\/api-key' was rejected/);
  expect(changes(sandbox.current)).toEqual([]);
  expect(shortAnswers(sandbox.current)).toEqual(['FAILED immuta-s3-integration/none', 'SUCCESS immuta-s3-integration/none']);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('401 once, because the key was rotated meanwhile: the secret is read again', async () => {
  const { immuta, aws } = sandbox.current;
  immuta.faults.http({
    method: 'POST',
    run: () => {
      immuta.apiKeys.delete(DEFAULT_API_KEY);
      immuta.apiKeys.set('rotated', ['APPLICATION_ADMIN']);
      aws.secrets.putSecretValue(SANDBOX_API_KEY_SECRET, 'rotated');
    },
  });

  expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });
});

test('403: the deployment fails at once and says which permission is missing', async () => {
  sandbox.current.immuta.apiKeys.set(DEFAULT_API_KEY, []);

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(/403 .*needs APPLICATION_ADMIN/);
  expect(shortAnswers(sandbox.current)).toEqual(['FAILED immuta-s3-integration/none', 'SUCCESS immuta-s3-integration/none']);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

const LATER = { status: 429, headers: { 'retry-after': '20' }, body: {} };
const DOWN = { status: 503, body: '<html>Service Unavailable</html>' };

test.each<[string, HttpFault]>([
  ['the answer to the POST is lost', { method: 'POST', behaviour: 'lose' }],
  ['the answer to the POST breaks off', { method: 'POST', behaviour: 'half' }],
  ['the answer to the POST never comes', { method: 'POST', behaviour: 'never' }],
  ['the POST does not arrive', { method: 'POST', behaviour: 'reset' }],
  ['the POST is answered 503', { method: 'POST', behaviour: 'answer', answer: DOWN, times: 3 }],
  ['the POST is answered 429', { method: 'POST', behaviour: 'answer', answer: LATER, times: 2 }],
  ['lists are answered 503', { method: 'GET', path: /integrations$/, behaviour: 'answer', answer: DOWN, times: 3 }],
  ['looks are answered 503', { method: 'GET', path: /integrations\/\d+$/, behaviour: 'answer', answer: DOWN, times: 3 }],
])('the deployment succeeds with one integration although %s', async (_what, fault) => {
  sandbox.current.lambda.deadlineScale = 0.01;
  sandbox.current.immuta.faults.http(fault);

  expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });

  expect(leftovers(sandbox.current).integrations).toEqual([{ id: '101', status: 'enabled' }]);
  expect(await sandbox.current.destroy('Lake')).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('a Create that cannot know whether it made an integration answers `unknown`, and its Delete looks for it', async () => {
  const { immuta, responses } = sandbox.current;
  immuta.faults.http({ method: 'POST', behaviour: 'lose' });
  const untilAnswered = () => { if (responses.answers.length > 0) immuta.faults.clear(); };
  immuta.faults.http({ path: /integrations/, after: 1, times: Infinity, behaviour: 'answer', answer: DOWN, run: untilAnswered });

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  const unknown = /^(FAILED|SUCCESS) (immuta-s3-integration\/unknown\/[0-9a-f]{12})$/;
  const [created, deleted] = shortAnswers(sandbox.current).map((answer) => unknown.exec(answer)!.slice(1));
  expect([created, deleted]).toEqual([['FAILED', created[1]], ['SUCCESS', created[1]]]);
  expect(changes(sandbox.current).pop()).toBe('DELETE /integrations/101');
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('an integration that is deleted while it is being created is not created again', async () => {
  const { immuta } = sandbox.current;
  immuta.faults.http({ method: 'GET', path: /integrations\/101$/, run: () => immuta.integrations.delete('101') });

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(failure(result)).toMatch(/integration 101 was deleted while it was being created/);
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
