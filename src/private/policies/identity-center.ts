import { Fn } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';

export interface IdentityCenter {
  readonly instanceArn: string;
  readonly identityStoreId: string;
  /** The account that owns the identity store. */
  readonly identityStoreAccount: string;
  /** S3's application in the instance; without it any application of the instance. */
  readonly applicationArn?: string;
}

/**
 * What Immuta needs in order to grant to users and groups of IAM Identity Center, each action on the resource types that it has.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessGrant.html
 */
export function identityCenterStatements(partition: string, identityCenter: IdentityCenter): iam.PolicyStatement[] {
  const { identityStoreAccount, identityStoreId, instanceArn } = identityCenter;
  return [
    new iam.PolicyStatement({ actions: ['sso:DescribeInstance'], resources: [instanceArn] }),
    new iam.PolicyStatement({
      actions: ['sso:DescribeApplication'],
      resources: [identityCenter.applicationArn ?? anyApplication(partition, instanceArn)],
    }),
    new iam.PolicyStatement({
      actions: ['identitystore:DescribeGroup', 'identitystore:DescribeUser'],
      resources: [
        `arn:${partition}:identitystore::${identityStoreAccount}:identitystore/${identityStoreId}`,
        // whom Immuta will grant to is not known beforehand
        `arn:${partition}:identitystore:::group/*`,
        `arn:${partition}:identitystore:::user/*`,
      ],
    }),
    // `*` since the whole sso-directory service has no resource type
    new iam.PolicyStatement({ actions: ['sso-directory:DescribeUsers'], resources: ['*'] }),
  ];
}

/** S3 makes its application when the instances are associated, in the account that owns the Identity Center instance. */
export function anyApplication(partition: string, instanceArn: string): string {
  const instanceId = Fn.select(1, Fn.split('/', instanceArn));
  return `arn:${partition}:sso::*:application/${instanceId}/*`;
}
