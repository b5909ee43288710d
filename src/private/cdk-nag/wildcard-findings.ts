import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Acknowledgement } from './acknowledge';

/** The rule of cdk-nag that reports every wildcard in a policy. */
const WILDCARD_RULE = 'AwsSolutions-IAM5';

const UNKNOWN_KEYS = 'the object keys of the location are not known at synth, and each grant narrows the credentials; '
  + 'aws:ResourceAccount and s3:AccessGrantsInstanceArn limit the role';
const APPLICATION = 'S3 creates its application in this Identity Center instance when the two are associated, '
  + 'so the ARN is not known at synth';
const DIRECTORY = 'the users and groups of this identity store to which Immuta grants are not known at synth';

/** Why a statement with the action needs a wildcard among its resources. */
const REASONS: Record<string, string> = {
  'cloudformation:DescribeStackResource': 'CloudFormation generates the IDs in the ARNs of stacks',
  'cloudformation:DescribeStacks': 'CloudFormation generates the IDs in the ARNs of stacks',
  'ec2:CreateNetworkInterface':
    'EC2 generates the IDs of network interfaces, and the owner of shared subnets is another account',
  'ec2:DescribeNetworkInterfaces': 'ec2:DescribeNetworkInterfaces and ec2:DescribeSubnets have no resource type',
  'identitystore:DescribeGroup': DIRECTORY,
  'identitystore:DescribeUser': DIRECTORY,
  'logs:CreateLogStream': 'Lambda names the log streams of this log group',
  's3:CreateAccessGrantsLocation': 'AWS generates the IDs of locations and grants below this S3 Access Grants instance',
  's3:GetObject': UNKNOWN_KEYS,
  's3:ListAccessGrantsInstances': 's3:ListAccessGrantsInstances has no resource type',
  's3:ListAllMyBuckets': 's3:ListAllMyBuckets has no resource type; Immuta lists the buckets of the location s3://',
  's3:ListBucket':
    'the location s3:// covers every bucket of the account in aws:ResourceAccount, including future ones',
  'sso-directory:DescribeUsers': 'sso-directory:DescribeUsers has no resource type',
  'sso:CreateApplication': `${APPLICATION}, and its application provider is not documented`,
  'sso:DeleteApplication': APPLICATION,
  'sso:DescribeApplication': APPLICATION,
  'xray:PutTraceSegments': 'xray:PutTraceSegments and xray:PutTelemetryRecords have no resource type',
};

/** Returns the findings of cdk-nag about the statements, with a reason for each. Logical IDs must be final. */
export function findAcknowledgements(stack: Stack, statements: iam.PolicyStatement[]): Acknowledgement[] {
  const reasons = new Map<string, Set<string>>();
  const arns = new Map<string, string>();
  for (const statement of statements) {
    for (const resource of renderResources(stack, statement, arns).filter((arn) => arn.includes('*'))) {
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

/** Renders each ARN once, because the statements of a role name the same ones again. */
function renderResources(stack: Stack, { resources }: iam.PolicyStatement, arns: Map<string, string>): string[] {
  if (Token.isUnresolved(resources)) {
    return (stack.resolve(resources) as unknown[]).map(renderReference);
  }
  return resources.map((resource) => {
    const arn = arns.get(resource) ?? renderReference(stack.resolve(resource));
    arns.set(resource, arn);
    return arn;
  });
}

/** Renders a reference as cdk-nag prints it in a finding. */
function renderReference(node: unknown): string {
  if (typeof node === 'string') {
    return node.replace(/\$\{/g, '<').replace(/\}/g, '>');
  }
  const [name, value] = Object.entries(node as Record<string, unknown>)[0];
  if (name === 'Fn::Join') {
    const [delimiter, parts] = value as [string, unknown];
    return Array.isArray(parts) ? parts.map(renderReference).join(delimiter) : JSON.stringify(node);
  }
  if (name === 'Fn::GetAtt') {
    return `<${(value as string[]).join('.')}>`;
  }
  if (name === 'Fn::Sub' || name === 'Fn::ImportValue') {
    return renderReference(value);
  }
  return name === 'Ref' ? `<${value}>` : JSON.stringify(node);
}
