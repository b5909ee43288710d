import { deploy, KEY_ID, OTHER_ACCOUNT, Scenario } from './deployment';
import { ACCOUNT, TARGETS } from './resolve-template';
import { PolicyDocument, Principal } from './simulator';
import { expectRows, Row } from './table';

/** The default policy of a bucket or key that allows no other account. */
const NOTHING_ADDED: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:DeleteBucket', Resource: '*' }],
};

describe.each(TARGETS)('data of another account in $partition', ({ partition, region, urlSuffix }) => {
  const target = { partition, region, urlSuffix };
  const instance = `arn:${partition}:s3:${region}:${ACCOUNT}:access-grants/default`;
  const vended = { 'aws:ResourceAccount': OTHER_ACCOUNT, 's3:AccessGrantsInstanceArn': instance };
  const file = `arn:${partition}:s3:::sales/q1.csv`;
  const bucket = `arn:${partition}:s3:::sales`;
  const table = (principal: () => Principal, resourcePolicy: () => PolicyDocument, rows: Row[]) => expectRows(
    () => ({ principal: principal(), resourcePolicy: resourcePolicy(), resourceAccount: OTHER_ACCOUNT }), rows,
  );
  const bucketScenario: Scenario = { location: 'bucket', otherAccount: true };

  describe('a bucket whose owner added bucketPolicyStatements', () => {
    const deployment = () => deploy(target, bucketScenario);
    table(() => deployment().locationRole, () => deployment().bucketPolicy, [
      ['allowed', 's3:GetObject', file, vended],
      ['allowed', 's3:PutObject', file, vended],
      ['allowed', 's3:ListBucket', bucket, vended],
      ['denied', 's3:GetObject', file, { 'aws:ResourceAccount': OTHER_ACCOUNT }],
      ['denied', 's3:GetObject', file, { ...vended, 'aws:ResourceAccount': ACCOUNT }],
      ['denied', 's3:ListBucket', bucket, { 'aws:ResourceAccount': OTHER_ACCOUNT }],
      ['denied', 's3:DeleteBucket', bucket, { 'aws:ResourceAccount': OTHER_ACCOUNT }],
    ]);
    table(() => deployment().immuta, () => deployment().bucketPolicy, [
      ['allowed', 's3:ListBucket', bucket, { 'aws:ResourceAccount': OTHER_ACCOUNT }],
      ['denied', 's3:GetObject', file, { 'aws:ResourceAccount': OTHER_ACCOUNT }],
    ]);
  });

  describe('a bucket whose owner added no statements', () => {
    const deployment = () => deploy(target, bucketScenario);
    table(() => deployment().locationRole, () => NOTHING_ADDED, [
      ['denied', 's3:GetObject', file, vended],
      ['denied', 's3:ListBucket', bucket, vended],
    ]);
    table(() => deployment().immuta, () => NOTHING_ADDED, [
      ['denied', 's3:ListBucket', bucket, { 'aws:ResourceAccount': OTHER_ACCOUNT }],
    ]);
  });

  describe('a bucket without bucketAccount', () => {
    const deployment = () => deploy(target, { location: 'bucket' });
    table(() => deployment().locationRole, () => deployment().bucketPolicy, [
      ['denied', 's3:GetObject', file, vended],
      ['denied', 's3:ListBucket', bucket, vended],
    ]);
  });

  describe('a prefix with read-only access', () => {
    const deployment = () => deploy(target, { location: 'prefix', otherAccount: true, readOnly: true });
    table(() => deployment().locationRole, () => deployment().bucketPolicy, [
      ['allowed', 's3:GetObject', `arn:${partition}:s3:::sales/curated/q1.csv`, vended],
      ['denied', 's3:GetObject', file, vended],
      ['denied', 's3:PutObject', `arn:${partition}:s3:::sales/curated/q1.csv`, vended],
      ['allowed', 's3:ListBucket', bucket, { ...vended, 's3:prefix': 'curated/' }],
      ['denied', 's3:ListBucket', bucket, { ...vended, 's3:prefix': 'raw/' }],
    ]);
  });

  describe('bucketPolicyStatements by themselves', () => {
    // The policies of these principals allow everything, so only the bucket policy decides.
    const everything = [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }];
    const deployment = () => deploy(target, { location: 'prefix', otherAccount: true, readOnly: true });
    const us = {
      arn: `arn:${partition}:sts::${ACCOUNT}:assumed-role/location-role/session`,
      identityPolicies: everything,
    };
    const immuta = {
      arn: `arn:${partition}:sts::${ACCOUNT}:assumed-role/immuta-role/session`,
      identityPolicies: everything,
    };
    const stranger = {
      arn: `arn:${partition}:sts::${ACCOUNT}:assumed-role/other-role/session`,
      identityPolicies: everything,
    };
    const inPrefix = `arn:${partition}:s3:::sales/curated/q1.csv`;
    table(() => us, () => deployment().bucketPolicy, [
      ['allowed', 's3:GetObject', inPrefix, vended],
      ['denied', 's3:GetObject', inPrefix],
      ['denied', 's3:GetObject', file, vended],
      ['denied', 's3:PutObject', inPrefix, vended],
      ['denied', 's3:ListBucket', bucket, { ...vended, 's3:prefix': '' }],
    ]);
    table(() => immuta, () => deployment().bucketPolicy, [
      ['allowed', 's3:ListBucket', bucket],
      ['denied', 's3:GetObject', inPrefix, vended],
    ]);
    table(() => stranger, () => deployment().bucketPolicy, [
      ['denied', 's3:GetObject', inPrefix, vended],
      ['denied', 's3:ListBucket', bucket],
    ]);
  });

  describe('keyPolicyStatements by themselves', () => {
    const everything = [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }];
    const key = `arn:${partition}:kms:${region}:${OTHER_ACCOUNT}:key/${KEY_ID}`;
    const viaS3 = { 'kms:ViaService': `s3.${region}.${urlSuffix}` };
    const deployment = () => deploy(target, { ...bucketScenario, encrypted: true });
    const session = (role: string) => ({
      arn: `arn:${partition}:sts::${ACCOUNT}:assumed-role/${role}/session`,
      identityPolicies: everything,
    });
    table(() => session('location-role'), () => deployment().keyPolicy, [
      ['allowed', 'kms:Decrypt', key, viaS3],
      ['allowed', 'kms:GenerateDataKey', key, viaS3],
      ['denied', 'kms:Decrypt', key],
      ['denied', 'kms:Decrypt', key, { 'kms:ViaService': `s3.ap-south-2.${urlSuffix}` }],
      ['denied', 'kms:Encrypt', key, viaS3],
    ]);
    table(() => session('immuta-role'), () => deployment().keyPolicy, [['denied', 'kms:Decrypt', key, viaS3]]);
    const readOnly = () => deploy(target, { ...bucketScenario, encrypted: true, readOnly: true });
    table(() => session('location-role'), () => readOnly().keyPolicy, [
      ['allowed', 'kms:Decrypt', key, viaS3],
      ['denied', 'kms:GenerateDataKey', key, viaS3],
    ]);
  });

  describe('a key whose owner added keyPolicyStatements', () => {
    const key = `arn:${partition}:kms:${region}:${OTHER_ACCOUNT}:key/${KEY_ID}`;
    const viaS3 = { 'kms:ViaService': `s3.${region}.${urlSuffix}` };
    const deployment = () => deploy(target, { ...bucketScenario, encrypted: true });
    table(() => deployment().locationRole, () => deployment().keyPolicy, [
      ['allowed', 'kms:Decrypt', key, viaS3],
      ['allowed', 'kms:GenerateDataKey', key, viaS3],
      ['denied', 'kms:Decrypt', key],
      ['denied', 'kms:Encrypt', key, viaS3],
    ]);
    table(() => deployment().immuta, () => deployment().keyPolicy, [['denied', 'kms:Decrypt', key, viaS3]]);
    const readOnly = () => deploy(target, { ...bucketScenario, encrypted: true, readOnly: true });
    table(() => readOnly().locationRole, () => readOnly().keyPolicy, [
      ['allowed', 'kms:Decrypt', key, viaS3],
      ['denied', 'kms:GenerateDataKey', key, viaS3],
    ]);
  });
});
