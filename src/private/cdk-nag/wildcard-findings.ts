import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';

/** The finding of cdk-nag that every wildcard in a policy makes. */
const WILDCARD_RULE = 'AwsSolutions-IAM5';

const KEYS_UNKNOWN = 'the role is the ceiling of what S3 Access Grants can vend: the object keys below the location are not known beforehand, '
  + 'and each grant narrows the credentials; aws:ResourceAccount and s3:AccessGrantsInstanceArn bound them';
const APPLICATION = 'S3 makes its application in this one Identity Center instance when it is associated: the ARN is not known beforehand';
const DIRECTORY = 'Immuta grants to users and groups of this identity store, which are not known beforehand; the store itself is named';

/** Why a statement with the action has a wildcard among its resources. */
const REASONS: Record<string, string> = {
  'identitystore:DescribeGroup': DIRECTORY,
  'identitystore:DescribeUser': DIRECTORY,
  'logs:CreateLogStream': 'the log streams of this one log group, which Lambda names',
  's3:CreateAccessGrantsLocation': 'locations and grants below this one Access Grants instance, whose ids AWS makes',
  's3:GetObject': KEYS_UNKNOWN,
  's3:ListAccessGrantsInstances': 's3:ListAccessGrantsInstances has no resource type',
  's3:ListAllMyBuckets': 's3:ListAllMyBuckets has no resource type; Immuta lists the buckets of a location that is s3://',
  's3:ListBucket': 'the location is s3://: every bucket of the account given by aws:ResourceAccount, those to come included',
  'sso-directory:DescribeUsers': 'sso-directory:DescribeUsers has no resource type',
  'sso:CreateApplication': `${APPLICATION}; nor which of AWS's application providers it is`,
  'sso:DeleteApplication': APPLICATION,
  'sso:DescribeApplication': APPLICATION,
};

/** One finding of cdk-nag that is as it must be. */
export interface WildcardAcknowledgement {
  readonly id: string;
  /** The finding, as cdk-nag prints it: `Resource::<Bucket.Arn>/*`. */
  readonly appliesTo: string;
  readonly reason: string;
}

/** The findings that cdk-nag makes for the statements, with our reason for each. Call it when logical ids are final. */
export function findAcknowledgements(stack: Stack, statements: iam.PolicyStatement[]): WildcardAcknowledgement[] {
  const reasons = new Map<string, Set<string>>();
  for (const statement of statements) {
    for (const resource of statement.resources.map((arn) => flatten(stack.resolve(arn))).filter((arn) => arn.includes('*'))) {
      const found = reasons.get(resource) ?? new Set();
      statement.actions.flatMap((action) => REASONS[action] ?? []).forEach((reason) => found.add(reason));
      reasons.set(resource, found);
    }
  }
  return [...reasons].map(([resource, found]) => ({
    id: WILDCARD_RULE,
    appliesTo: `Resource::${resource}`,
    reason: [...found].join('; '),
  }));
}

/** A reference as cdk-nag prints it in a finding. */
function flatten(node: unknown): string {
  if (typeof node === 'string') {
    return node.replace(/\$\{/g, '<').replace(/\}/g, '>');
  }
  const [name, value] = Object.entries(node as Record<string, unknown>)[0];
  if (name === 'Fn::Join') {
    const [delimiter, parts] = value as [string, unknown[]];
    return parts.map(flatten).join(delimiter);
  }
  if (name === 'Fn::GetAtt') {
    return `<${(value as string[]).join('.')}>`;
  }
  if (name === 'Fn::Sub' || name === 'Fn::ImportValue') {
    return flatten(value);
  }
  return name === 'Ref' ? `<${value}>` : JSON.stringify(node);
}
