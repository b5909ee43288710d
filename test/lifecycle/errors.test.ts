import { changes, failure, lake, leftovers, NOTHING, shortAnswers, useSandbox } from './fixture';

// what a handler does after each error: test/handler/integration/
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

const DOWN = { status: 503, body: '<html>Service Unavailable</html>' };

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
