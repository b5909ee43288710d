import * as iam from 'aws-cdk-lib/aws-iam';
import { anyApplication } from './identity-center';

/** What the handler of an instance needs: to make and delete that one, and to see and mark whose it is. */
export function instanceHandlerStatements(accessGrantsInstanceArn: string): iam.PolicyStatement[] {
  return [new iam.PolicyStatement({
    actions: [
      's3:CreateAccessGrantsInstance', 's3:DeleteAccessGrantsInstance', 's3:GetAccessGrantsInstance', 's3:ListAccessGrants',
      's3:ListAccessGrantsLocations', 's3:ListTagsForResource', 's3:TagResource', 's3:UntagResource',
    ],
    resources: [accessGrantsInstanceArn],
  })];
}

export interface InstanceIdentityCenterOptions {
  readonly partition: string;
  readonly accessGrantsInstanceArn: string;
  readonly identityCenterInstanceArn: string;
}

/**
 * What it needs in order to associate the instance with Identity Center, and to end that: S3 makes and deletes its application there with the
 * permissions of who asks for it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_AssociateAccessGrantsIdentityCenter.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_DissociateAccessGrantsIdentityCenter.html
 */
export function instanceIdentityCenterStatements(options: InstanceIdentityCenterOptions): iam.PolicyStatement[] {
  const { partition, accessGrantsInstanceArn, identityCenterInstanceArn } = options;
  const application = anyApplication(partition, identityCenterInstanceArn);
  return [
    new iam.PolicyStatement({
      actions: ['s3:AssociateAccessGrantsIdentityCenter', 's3:DissociateAccessGrantsIdentityCenter'],
      resources: [accessGrantsInstanceArn],
    }),
    new iam.PolicyStatement({
      actions: ['sso:CreateApplication'],
      // which of AWS's application providers it is, is not documented
      resources: [identityCenterInstanceArn, application, `arn:${partition}:sso::aws:applicationProvider/*`],
    }),
    new iam.PolicyStatement({
      actions: ['sso:DeleteApplication', 'sso:PutApplicationAuthenticationMethod', 'sso:PutApplicationGrant'],
      resources: [application],
    }),
  ];
}
