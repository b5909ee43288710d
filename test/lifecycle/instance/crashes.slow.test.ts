import { Crash, CRASHES, carryOut, EVERY_CRASH, Operation, slowly, testRecovery, withAnother } from './crashes';
import { useSandbox } from './fixture';
import { s3ControlOperation } from '../../sandbox/aws';

testRecovery(EVERY_CRASH);

const sandbox = useSandbox();

test.each<[Operation, number, Pick<Crash, 'toNone' | 'inUse'>]>([
  ['Create', 20, {}],
  ['Update', 10, {}],
  ['Update', 15, { toNone: true }],
  ['Delete', 15, {}],
  ['Delete', 0, { inUse: true }],
])('tests a crash at every step of a %s of %i minutes, %j', async (operation, minutes, { toNone, inUse }) => {
  const { aws, lambda } = sandbox.current;
  if (operation !== 'Create') await carryOut(sandbox.current, 'Create');
  slowly(minutes)(sandbox.current);
  if (inUse) withAnother(sandbox.current);
  const done = [lambda.invocations.length, aws.requests.length];

  expect(await carryOut(sandbox.current, operation, toNone)).toBe(`${operation.toUpperCase()}_COMPLETE`);

  const lines = lambda.invocations
    .slice(done[0])
    .flatMap(({ output }) => [...output.matchAll(/"step":"([\w-]+)"/g)].map(([, step]) => step));
  const calls = aws.requests
    .slice(done[1])
    .map((request) => s3ControlOperation(request) ?? (request.operation || 'Invoke'));
  expect(lines).toContain('responded');
  const killedAt = CRASHES[operation].map(({ step }) => step);
  expect([...new Set([...lines, ...calls])].filter((step) => !killedAt.includes(step))).toEqual([]);
});
