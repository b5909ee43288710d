import {
  findRegisteredLocation, isOnPath, listRegisteredLocations,
} from '../../../src/handler/aws/access-grants-locations';
import { createAwsTools } from '../support/aws-tools';
import { HandlerSandbox, OTHER_ROLE, ROLE } from '../support/handler-sandbox';

test.each([
  ['s3://sales/orders/', 's3://sales/orders/', OTHER_ROLE, true],
  ['s3://sales/orders/*', 's3://sales/orders/', OTHER_ROLE, true],
  ['s3://sales/', 's3://sales', OTHER_ROLE, true],
  ['s3://sales/orders', 's3://sales/orders/', ROLE, true],
  ['s3://sales/orders', 's3://sales/orders/', OTHER_ROLE, false],
  ['s3://sales/orders', 's3://sales/orders/', undefined, false],
  ['s3://sales/returns/', 's3://sales/orders/', ROLE, false],
  ['s3://', 's3://sales/', ROLE, false],
])('decides whether the location %p with our role is on the path %p of an integration with %p: %p', (
  scope, path, roleArn, expected,
) => {
  expect(isOnPath({ id: 'location', scope, roleArn: ROLE }, path, roleArn)).toBe(expected);
});

describe('among the locations of an instance', () => {
  const LOCATION = { accountId: '111122223333', region: 'us-east-1', path: 's3://sales/x/' };
  let sandbox: HandlerSandbox;
  beforeEach(async () => {
    sandbox = await HandlerSandbox.start();
  });
  afterEach(() => sandbox.close());

  const createTools = () => ({ ...createAwsTools(sandbox.clock), s3Control: sandbox.s3Control });

  test.each<[string, [string, string][], boolean, string | undefined]>([
    ['the one with our role', [['s3://sales/x/*', OTHER_ROLE], ['s3://sales/x/', ROLE]], false, 's3://sales/x/'],
    ['one with another role', [['s3://sales/y/', ROLE], ['s3://sales/x/', OTHER_ROLE]], false, 's3://sales/x/'],
    ['ours without the slash', [['s3://sales/x/', OTHER_ROLE], ['s3://sales/x', ROLE]], false, 's3://sales/x'],
    ['not that of another path', [['s3://sales/x/', OTHER_ROLE], ['s3://sales/x', ROLE]], true, 's3://sales/x/'],
    ['none that another integration has', [['s3://sales/x', ROLE]], true, undefined],
    ['none with another path', [['s3://sales/y/', ROLE]], false, undefined],
  ])('finds %s', async (_, locations, isOfOther, expected) => {
    for (const [scope, role] of locations) await sandbox.addLocation(scope, role);

    const found = await findRegisteredLocation(LOCATION, ROLE, { ...createTools(), isOfOther: async () => isOfOther });
    expect(found?.scope).toBe(expected);
  });

  test('knows an account without an instance', async () => {
    sandbox.aws.accessGrants.deleteInstance('111122223333', 'us-east-1');

    expect(await listRegisteredLocations(LOCATION, ROLE, createTools())).toBeUndefined();
  });
});
