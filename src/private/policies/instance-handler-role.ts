import * as iam from 'aws-cdk-lib/aws-iam';
import { buildDecryptInstanceStatement, formatApplicationArns } from './identity-center';
import { INSTANCE_STACK_TAG } from '../../handler/contract';

/** Options for the statements about the instance. */
export interface InstanceHandlerOptions {
  readonly accessGrantsInstanceArn: string;
  /** ARN of the stack. The instance has it as a tag if a resource of the stack created it. */
  readonly stackId: string;
  /** Keys of the user's tags. */
  readonly tagKeys: string[];
}

/** Returns the statements with which the handler creates, deletes and tags the instance. */
export function buildInstanceHandlerStatements(options: InstanceHandlerOptions): iam.PolicyStatement[] {
  const resources = [options.accessGrantsInstanceArn];
  return [
    new iam.PolicyStatement({
      actions: [
        's3:CreateAccessGrantsInstance',
        's3:GetAccessGrantsInstance',
        's3:ListAccessGrants',
        's3:ListAccessGrantsLocations',
        's3:ListTagsForResource',
        // Not limited to keys: those that an update removes are not in the template any more.
        's3:UntagResource',
      ],
      resources,
    }),
    new iam.PolicyStatement({
      actions: ['s3:DeleteAccessGrantsInstance'],
      resources,
      conditions: { StringEquals: { [`aws:ResourceTag/${INSTANCE_STACK_TAG}`]: options.stackId } },
    }),
    new iam.PolicyStatement({
      actions: ['s3:TagResource'],
      resources,
      // True for a request without tags, which changes nothing.
      conditions: { 'ForAllValues:StringLike': { 'aws:TagKeys': options.tagKeys } },
    }),
  ];
}

/** Options for the statements about Identity Center. */
export interface InstanceIdentityCenterOptions {
  readonly partition: string;
  readonly accessGrantsInstanceArn: string;
  readonly identityCenterInstanceArn: string;
  /** ID of the account of the S3 Access Grants instance. */
  readonly account: string;
  readonly region: string;
  /** The customer managed key of the Identity Center instance. */
  readonly encryptionKeyArn?: string;
}

/**
 * Returns the statements with which the handler associates the instance with Identity Center, and dissociates it.
 *
 * S3 creates and deletes its application in Identity Center with the permissions of the caller.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_AssociateAccessGrantsIdentityCenter.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_DissociateAccessGrantsIdentityCenter.html
 */
export function buildInstanceIdentityCenterStatements(options: InstanceIdentityCenterOptions): iam.PolicyStatement[] {
  const { partition, accessGrantsInstanceArn, encryptionKeyArn, identityCenterInstanceArn } = options;
  const application = formatApplicationArns(partition, identityCenterInstanceArn);
  return [
    new iam.PolicyStatement({
      actions: ['s3:AssociateAccessGrantsIdentityCenter', 's3:DissociateAccessGrantsIdentityCenter'],
      resources: [accessGrantsInstanceArn],
    }),
    new iam.PolicyStatement({
      actions: ['sso:CreateApplication'],
      // The application provider is not documented.
      resources: [identityCenterInstanceArn, application, `arn:${partition}:sso::aws:applicationProvider/*`],
    }),
    new iam.PolicyStatement({
      actions: ['sso:DeleteApplication', 'sso:PutApplicationAuthenticationMethod', 'sso:PutApplicationGrant'],
      resources: [application],
      // S3 creates its application for the account of the caller. The condition ignores a request without the key.
      conditions: { StringEqualsIfExists: { 'sso:ApplicationAccount': options.account } },
    }),
    ...encryptionKeyArn === undefined ? [] : [
      buildDecryptInstanceStatement(encryptionKeyArn, identityCenterInstanceArn, options.region),
    ],
  ];
}
