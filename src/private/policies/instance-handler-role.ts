import * as iam from 'aws-cdk-lib/aws-iam';
import { formatApplicationArns } from './identity-center';

/** Returns the statements with which the handler creates, deletes and tags the instance. */
export function buildInstanceHandlerStatements(accessGrantsInstanceArn: string): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: [
        's3:CreateAccessGrantsInstance',
        's3:DeleteAccessGrantsInstance',
        's3:GetAccessGrantsInstance',
        's3:ListAccessGrants',
        's3:ListAccessGrantsLocations',
        's3:ListTagsForResource',
        's3:TagResource',
        's3:UntagResource',
      ],
      resources: [accessGrantsInstanceArn],
    }),
  ];
}

/** Options for the statements about Identity Center. */
export interface InstanceIdentityCenterOptions {
  readonly partition: string;
  readonly accessGrantsInstanceArn: string;
  readonly identityCenterInstanceArn: string;
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
  const { partition, accessGrantsInstanceArn, identityCenterInstanceArn } = options;
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
    }),
  ];
}
