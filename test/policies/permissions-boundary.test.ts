import { deploy } from './deployment';
import { ACCOUNT, TARGETS } from './resolve-template';
import { PolicyDocument } from './simulator';
import { expectRows } from './table';

const [target] = TARGETS;
const INSTANCE = 'arn:aws:s3:us-east-1:111122223333:access-grants/default';
const VENDED = { 'aws:ResourceAccount': ACCOUNT, 's3:AccessGrantsInstanceArn': INSTANCE };
const OWN_GRANT = { 's3:AccessGrantScope': 's3://sales/*' };
const TO_ACCESS_GRANTS = { 'iam:PassedToService': 'access-grants.s3.amazonaws.com' };
const SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:api-key-AbCdEf';

function allow(...actions: string[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
}

describe('roles under a permissions boundary that allows their actions', () => {
  const boundary = allow(
    'iam:GetRole',
    'iam:PassRole',
    'lambda:InvokeFunction',
    'logs:*',
    's3:*',
    'secretsmanager:GetSecretValue',
  );
  const deployment = () => deploy(target, { location: 'bucket', boundary });

  expectRows(() => ({ principal: deployment().locationRole }), [
    ['allowed', 's3:GetObject', 'arn:aws:s3:::sales/q1.csv', VENDED],
    ['denied', 's3:GetObject', 'arn:aws:s3:::people/q1.csv', VENDED],
  ]);
  expectRows(() => ({ principal: deployment().immuta }), [
    ['allowed', 's3:CreateAccessGrant', `${INSTANCE}/grant/1`, OWN_GRANT],
    ['allowed', 'iam:PassRole', 'arn:aws:iam::111122223333:role/location-role', TO_ACCESS_GRANTS],
    ['denied', 's3:GetObject', 'arn:aws:s3:::sales/q1.csv'],
  ]);
  expectRows(() => ({ principal: deployment().handler }), [
    ['allowed', 'secretsmanager:GetSecretValue', SECRET],
    ['allowed', 's3:ListAccessGrantsLocations', INSTANCE],
    ['allowed', 'lambda:InvokeFunction', 'arn:aws:lambda:us-east-1:111122223333:function:handler'],
  ]);
});

describe('roles under a permissions boundary that does not allow their actions', () => {
  const boundary = allow('logs:*', 'secretsmanager:*');
  const deployment = () => deploy(target, { location: 'bucket', boundary });

  expectRows(() => ({ principal: deployment().locationRole }), [
    ['denied', 's3:GetObject', 'arn:aws:s3:::sales/q1.csv', VENDED],
  ]);
  expectRows(() => ({ principal: deployment().immuta }), [
    ['denied', 's3:CreateAccessGrant', `${INSTANCE}/grant/1`, OWN_GRANT],
    ['denied', 'iam:PassRole', 'arn:aws:iam::111122223333:role/location-role', TO_ACCESS_GRANTS],
  ]);
  expectRows(() => ({ principal: deployment().handler }), [
    ['allowed', 'secretsmanager:GetSecretValue', SECRET],
    ['denied', 's3:ListAccessGrantsLocations', INSTANCE],
    ['denied', 'lambda:InvokeFunction', 'arn:aws:lambda:us-east-1:111122223333:function:handler'],
  ]);
});
