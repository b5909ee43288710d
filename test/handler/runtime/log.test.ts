import { bestEffort, createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { TestClock } from '../support/test-clock';

test('writes only the known fields of a log entry', () => {
  const lines: string[] = [];
  const clock = new TestClock();
  const log = createLog(
    { clock, redaction: new Redaction(), write: (line) => lines.push(line) },
    { stack: 'Lake', logicalId: 'SalesLake' },
  );
  clock.advance(1_500);
  const smuggled = { attempt: 2, config: { awsSecretAccessKey: 'x' }, authorization: 'x', responseUrl: 'x' };
  log.warn('look', smuggled);

  expect(lines).toEqual([
    '{"level":"warn","step":"look","message":"look: attempt 2","stack":"Lake","logicalId":"SalesLake","attempt":2,' +
      '"elapsedMs":1500}',
  ]);
});

test('writes a message for a step without one, because the cdk CLI shows nothing else of a line', () => {
  const lines: string[] = [];
  const log = createLog(
    { clock: new TestClock(), redaction: new Redaction(), write: (line) => lines.push(line) },
    { logicalId: 'SalesLake', requestType: 'Create' },
  );
  log.info('received');
  log.info('get', { status: 'creating', integrationId: '101' });
  log.info('succeeded', { message: undefined });
  log.warn('retry-post', { attempt: 1, message: 'Immuta answered 503' });
  log.metrics({ namespace: 'Immuta', values: [{ name: 'Healthy', value: 1 }], dimensions: {} });

  expect(lines.map((line) => JSON.parse(line).message)).toEqual([
    'Create received',
    'Create get: integrationId 101, status creating',
    'Create succeeded',
    'Immuta answered 503',
    'Healthy 1',
  ]);
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(['info', 'info', 'info', 'warn', 'info']);
});

test('redacts and cuts a text of the log, and keeps it on one line', () => {
  const lines: string[] = [];
  const redaction = new Redaction();
  redaction.remember('secret-1');
  redaction.remember('secret-12'); // begins with the other one
  createLog({ clock: new TestClock(), redaction, write: (line) => lines.push(line) }).info('x', {
    message: `a\nsecret-12 ${'y'.repeat(5_000)}`,
  });

  expect(JSON.parse(lines[0]).message).toMatch(/^a\n\[redacted\] y+…$/);
  expect(lines[0].length).toBeLessThan(1_200);
  expect(lines[0]).not.toContain('\n');
});

test('writes no characters to the log that control a terminal or are invisible', () => {
  const lines: string[] = [];
  const message = 'a\u001b[31mb\u202ec\u009bd\u200be\u2028f\ud83dg\ufeffh\u{e0041}i 🪣 é 鉄';
  createLog({ clock: new TestClock(), redaction: new Redaction(), write: (line) => lines.push(line) }).info('x', {
    message,
  });

  expect(JSON.parse(lines[0]).message).toBe('a�[31mb�c�d�e�f�g�h�i 🪣 é 鉄');
});

test('writes metrics in the format that CloudWatch embeds', () => {
  const lines: string[] = [];
  const clock = new TestClock();
  const log = createLog({ clock, redaction: new Redaction(), write: (line) => lines.push(line) });
  const dimensions = { Stack: 'Lake', Integration: 'SalesLake' };
  const values = [{ name: 'Drift', value: 1 }, { name: 'Duration', value: 20, unit: 'Seconds' as const }];
  log.metrics({ namespace: 'Immuta', values, dimensions });
  log.metrics({ namespace: 'Immuta', values, dimensions, dimensionSets: [['Stack'], []] });

  const directive = {
    Namespace: 'Immuta',
    Dimensions: [['Stack', 'Integration']],
    Metrics: [{ Name: 'Drift', Unit: 'Count' }, { Name: 'Duration', Unit: 'Seconds' }],
  };
  const rest = { ...dimensions, Drift: 1, Duration: 20, level: 'info', message: 'Drift 1, Duration 20' };
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { _aws: { Timestamp: clock.now(), CloudWatchMetrics: [directive] }, ...rest },
    { _aws: { Timestamp: clock.now(), CloudWatchMetrics: [{ ...directive, Dimensions: [['Stack'], []] }] }, ...rest },
  ]);
});

test('warns of a best-effort action that fails, and returns the result of one that does not', async () => {
  const lines: string[] = [];
  const log = createLog({ clock: new TestClock(), redaction: new Redaction(), write: (line) => lines.push(line) });

  expect(await bestEffort(log, 'not-read', async () => 7)).toBe(7);
  expect(await bestEffort(log, 'not-read', () => Promise.reject(new Error('no access')))).toBeUndefined();
  expect(lines).toEqual(['{"level":"warn","step":"not-read","message":"no access","elapsedMs":0}']);
});
