import { isOnPath } from '../../../src/handler/aws/access-grants-locations';

const ROLE = 'arn:aws:iam::111122223333:role/sales';
const OTHER_ROLE = 'arn:aws:iam::111122223333:role/other';

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
