import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { escapePattern } from './governed-data';
import { buildServiceConditions } from './kms';
import { SECRET_TAG_PREFIX } from '../../handler/contract';

/** Partition and Region of the function. */
export interface PartitionAndRegion {
  readonly partition: string;
  readonly region: string;
}

export interface HandlerRoleOptions {
  readonly region: string;
  /** The secret with the API key. */
  readonly apiKey: secretsmanager.ISecret;
  readonly accessGrantsInstanceArn: string;
}

/** Returns the statements that the handler of a tenant always needs. They are inline in its role. */
export function buildHandlerStatements(options: HandlerRoleOptions): iam.PolicyStatement[] {
  return [
    ...buildReadSecretStatements(options.apiKey, options.region),
    new iam.PolicyStatement({
      actions: ['s3:ListAccessGrantsLocations'],
      resources: [options.accessGrantsInstanceArn],
    }),
  ];
}

/**
 * @param logGroupArn The attribute of the log group. Its `:*` stands for the log streams, which Lambda creates and
 * names.
 */
export function buildWriteLogStatement(logGroupArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroupArn] });
}

/** Returns the statements for reading one secret, and for decrypting it if it has a key of its own. */
export function buildReadSecretStatements(secret: secretsmanager.ISecret, region: string): iam.PolicyStatement[] {
  const read = new iam.PolicyStatement({
    actions: ['secretsmanager:GetSecretValue'],
    resources: [formatSecretArn(secret)],
  });
  if (!secret.encryptionKey) {
    return [read];
  }
  return [read, new iam.PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [secret.encryptionKey.keyArn],
    conditions: buildServiceConditions('secretsmanager', region),
  })];
}

/** Returns the statements for reading one object, and for decrypting it if its bucket has a key of its own. */
export function buildReadObjectStatements(bucket: s3.IBucket, key: string): iam.PolicyStatement[] {
  const read = new iam.PolicyStatement({
    actions: ['s3:GetObject'],
    resources: [bucket.arnForObjects(escapePattern(key))],
  });
  if (!bucket.encryptionKey) {
    return [read];
  }
  return [read, new iam.PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [bucket.encryptionKey.keyArn],
    conditions: buildServiceConditions('s3', bucket.env.region),
  })];
}

/** Returns the statement for creating and deleting the access keys of one user. */
export function buildManageAccessKeysStatements(userArn: string): iam.PolicyStatement[] {
  return [new iam.PolicyStatement({
    actions: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'],
    resources: [userArn],
  })];
}

/** Returns the statements for the secret of a managed access key, and for the key that encrypts it. */
export function buildManageSecretStatements(
  secretArn: string,
  encryptionKey: kms.IKey | undefined,
  region: string,
): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      resources: [secretArn],
    }),
    new iam.PolicyStatement({
      actions: ['secretsmanager:TagResource', 'secretsmanager:UntagResource'],
      resources: [secretArn],
      // `ForAllValues` is true for a request without tags.
      conditions: {
        'ForAllValues:StringLike': { 'aws:TagKeys': `${SECRET_TAG_PREFIX}*` },
        'Null': { 'aws:TagKeys': 'false' },
      },
    }),
    ...encryptionKey ? [new iam.PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [encryptionKey.keyArn],
      conditions: buildServiceConditions('secretsmanager', region),
    })] : [],
  ];
}

/** The ARN of a secret that is imported by name lacks the six characters that Secrets Manager appends. */
function formatSecretArn(secret: secretsmanager.ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}

/** Returns the statement with which a handler reads whether its operation is still in progress. */
export function buildDescribeStatement(stackArns: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['cloudformation:DescribeStackResource', 'cloudformation:DescribeStacks'], resources: stackArns,
  });
}

/** Returns the statement with which the handler invokes itself to continue after its time limit. */
export function buildSelfInvokeStatement(functionArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] });
}

/** Returns the statement with which the handler simulates the policies of Immuta's role or user. */
export function buildDiagnosisStatement(principalArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['iam:SimulatePrincipalPolicy'], resources: [principalArn] });
}

/**
 * Returns the statements with which Lambda connects the function to a VPC.
 *
 * The IDs of network interfaces are not known before, and the owner of shared subnets is another account.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function buildNetworkInterfaceStatements({ partition, region }: PartitionAndRegion): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: [
        'ec2:AssignPrivateIpAddresses',
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: [`arn:${partition}:ec2:${region}:*:*/*`],
    }),
    new iam.PolicyStatement({
      actions: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
      // The actions have no resource type.
      resources: ['*'],
    }),
  ];
}

/** Returns the statement with which the function sends its traces to X-Ray. The CDK adds the same one to the role. */
export function buildTracingStatement(): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] });
}
