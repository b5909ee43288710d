import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { viaService } from './kms';
import { SECRET_TAG_PREFIX } from '../../handler/contract';

export interface HandlerRoleOptions {
  readonly region: string;
  /** The secret with the API key. */
  readonly apiKey: secretsmanager.ISecret;
  readonly accessGrantsInstanceArn: string;
}

/** What the handler of a tenant needs all the time, inline in its role. */
export function handlerRoleStatements(options: HandlerRoleOptions): iam.PolicyStatement[] {
  return [
    ...readSecretStatements(options.apiKey, options.region),
    new iam.PolicyStatement({ actions: ['s3:ListAccessGrantsLocations'], resources: [options.accessGrantsInstanceArn] }),
  ];
}

/** @param logGroupArn As a log group has it: its `:*` are the log streams, which Lambda makes and names */
export function writeLogStatement(logGroupArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroupArn] });
}

/** Reading one secret, and the key that encrypts it if it has its own. */
export function readSecretStatements(secret: secretsmanager.ISecret, region: string): iam.PolicyStatement[] {
  const read = new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretResource(secret)] });
  if (!secret.encryptionKey) {
    return [read];
  }
  return [read, new iam.PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [secret.encryptionKey.keyArn],
    conditions: viaService('secretsmanager', region),
  })];
}

/** Creating and deleting the access keys of one user. */
export function manageAccessKeysStatements(userArn: string): iam.PolicyStatement[] {
  return [new iam.PolicyStatement({
    actions: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'],
    resources: [userArn],
  })];
}

/** Reading and writing the secret of a managed access key, and using the key that encrypts it. */
export function manageSecretStatements(secretArn: string, encryptionKey: kms.IKey | undefined, region: string): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: [
        'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      resources: [secretArn],
    }),
    new iam.PolicyStatement({
      actions: ['secretsmanager:TagResource', 'secretsmanager:UntagResource'],
      resources: [secretArn],
      // a request without tags would satisfy `ForAllValues` alone
      conditions: { 'ForAllValues:StringLike': { 'aws:TagKeys': `${SECRET_TAG_PREFIX}*` }, 'Null': { 'aws:TagKeys': 'false' } },
    }),
    ...encryptionKey ? [new iam.PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [encryptionKey.keyArn],
      conditions: viaService('secretsmanager', region),
    })] : [],
  ];
}

/** A secret imported by name is known without the six characters that Secrets Manager puts at the end of its ARN. */
function secretResource(secret: secretsmanager.ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}

/** What the handler needs in order to go on after its time: a policy of its own, since the role cannot refer to the function. */
export function selfInvokeStatement(functionArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] });
}

/** What the handler needs in order to ask what Immuta's role or user is denied, and by what. */
export function diagnosisStatement(principalArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['iam:SimulatePrincipalPolicy'], resources: [principalArn] });
}
