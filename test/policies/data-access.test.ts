import { deploy } from './deployment';
import { ACCOUNT, TARGETS } from './resolve-template';
import { expectRows } from './table';

describe.each(TARGETS)('a reader with grantDataAccess in $partition', ({ partition, region, urlSuffix }) => {
  const instance = `arn:${partition}:s3:${region}:${ACCOUNT}:access-grants/default`;
  const other = `arn:${partition}:s3:${region}:999999999999:access-grants/default`;

  expectRows(() => ({ principal: deploy({ partition, region, urlSuffix }, { location: 'bucket' }).reader }), [
    ['allowed', 's3:GetDataAccess', instance],
    ['allowed', 's3:GetAccessGrantsInstanceForPrefix', instance],
    ['allowed', 's3:ListCallerAccessGrants', instance],
    ['denied', 's3:GetDataAccess', other],
    ['denied', 's3:ListCallerAccessGrants', other],
    ['denied', 's3:ListAccessGrants', instance],
    ['denied', 's3:CreateAccessGrant', `${instance}/grant/1`],
    ['denied', 's3:GetObject', `arn:${partition}:s3:::sales/q1.csv`],
    ['denied', 's3:ListBucket', `arn:${partition}:s3:::sales`],
    ['denied', 'sts:AssumeRole', `arn:${partition}:iam::${ACCOUNT}:role/location-role`],
  ]);
});
