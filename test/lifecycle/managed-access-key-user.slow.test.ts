import { Aspects, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { useSandbox } from './fixture';
import { deployKeys, expectInOrder, expectNothingLeft, heldKey, KeyLakeOptions, keysIn, watchKeys } from './keys';
import { clearFaults, withOtherResource } from './owners';
import { SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();
let expectKeysWereGood: () => void;

beforeEach(() => {
  sandbox.current.aws.iam.createUser({ userName: 'immuta' });
  expectKeysWereGood = watchKeys(sandbox.current);
});
afterEach(() => expectKeysWereGood());

const deploy = (options: KeyLakeOptions = {}) => deployKeys(sandbox.current, options);

describe('the user', () => {
  const defined = (props: iam.UserProps = {}, id = 'KeyUser') => (stack: Stack) => new iam.User(stack, id, props);
  const named = (userName: string) => (stack: Stack) => Aspects.of(stack).add({
    visit: (node) => { if (node instanceof iam.CfnUser) node.userName = userName; },
  });

  const STEPS: [string, KeyLakeOptions, KeyLakeOptions][] = [
    ['gets a name', { user: defined() }, { user: defined({ userName: 'key-user' }) }],
    ['gets another name', { user: defined({ userName: 'key-user' }) }, { user: defined({ userName: 'renamed' }) }],
    ['loses its name', { user: defined({ userName: 'key-user' }) }, { user: defined() }],
    ['gets a name from an Aspect', {}, { and: named('key-user') }],
    ['gets a path', { user: defined() }, { user: defined({ path: '/immuta/' }) }],
    [
      'gets a path and has a name',
      { user: defined({ userName: 'key-user' }) },
      { user: defined({ userName: 'key-user', path: '/immuta/' }) },
    ],
    ['is replaced by another construct', { user: defined() }, { user: defined({}, 'OtherUser') }],
    [
      'is imported in another way',
      { userName: 'immuta' },
      { user: (stack) => iam.User.fromUserArn(stack, 'U', `arn:aws:iam::${SANDBOX_ENV.account}:user/immuta`) },
    ],
  ];

  test.each(STEPS)('deploys in one step a user of a managed key that %s', async (_, before, after) => {
    await deploy(before);

    expect(await deploy(after)).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expectInOrder(sandbox.current);
    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    await expectNothingLeft(sandbox.current);
  });

  test.each(STEPS)('restores the old user by a rollback when a user %s', async (_, before, after) => {
    await deploy(before);
    sandbox.current.cloudFormation.faults.push({
      logicalId: /^OtherResource/, action: 'create', afterSeconds: 240, reason: 'no bucket today',
    });

    expect(
      await deploy({
        ...after,
        and: (stack, integration) => {
          after.and?.(stack, integration);
          withOtherResource(stack);
        },
      }),
    ).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

    expectInOrder(sandbox.current);
    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    clearFaults(sandbox.current);
    await expectNothingLeft(sandbox.current);
  });

  test.each(STEPS)('keeps the old key when a user %s and Immuta rejects its key', async (_, before, after) => {
    await deploy(before);
    sandbox.current.immuta.faults.validation({ test: 2, on: 'edit' });

    expect((await deploy(after)).status).toMatch(/^UPDATE_(ROLLBACK_)?COMPLETE$/); // a path alone sends nothing

    expectInOrder(sandbox.current);
    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    sandbox.current.immuta.faults.clear();
    await expectNothingLeft(sandbox.current);
  });
});
