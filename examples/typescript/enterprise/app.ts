import { App, Aspects, Stack, Tags } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ArnPrincipal, ManagedPolicy, PermissionsBoundary, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, ManagedPolicies, S3Location,
} from 'cdk-immuta-s3-integration';

const app = new App();

/** Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' must be set: pass -c ${name}=…`);
  return value;
}

// the lookup of the VPC needs the account and the Region
const stack = new Stack(app, 'ImmutaEnterprise', { env: { account: setting('account'), region: setting('region') } });

Tags.of(app).add('cost-center', setting('costCenter'));
PermissionsBoundary.of(app).apply(ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', setting('boundaryName')));
Aspects.of(app).add(new ManagedPolicies()); // the organization forbids inline policies

// its key policy must allow logs.<region>.amazonaws.com to encrypt the log
const key = Key.fromKeyArn(stack, 'Key', setting('keyArn'));

const immuta = new ImmutaTenant(stack, 'Immuta', {
  url: setting('immutaUrl'),
  apiKey: Secret.fromSecretAttributes(stack, 'ApiKey', {
    secretCompleteArn: setting('apiKeySecretArn'),
    encryptionKey: key,
  }),
  role: Role.fromRoleName(stack, 'HandlerRole', setting('handlerRoleName')),
  vpc: Vpc.fromLookup(stack, 'Vpc', { vpcName: setting('vpcName') }),
  // the function reads the credentials without the proxy, so the VPC needs an endpoint for Secrets Manager
  proxy: {
    url: setting('proxyUrl'),
    credentials: Secret.fromSecretNameV2(stack, 'ProxyCredentials', setting('proxySecretName')),
  },
  logGroup: new LogGroup(stack, 'Log', { encryptionKey: key, retention: RetentionDays.ONE_YEAR }),
  environmentEncryption: key,
  reservedConcurrentExecutions: 10,
});

new ImmutaS3Integration(stack, 'Lake', {
  tenant: immuta,
  location: S3Location.bucket(Bucket.fromBucketName(stack, 'Bucket', setting('bucketName'))),
  encryptionKeys: [key],
  // new roles, with the boundary
  authentication: ImmutaAuthentication.assumeRole({
    principal: new ArnPrincipal(setting('immutaPrincipalArn')),
    externalId: app.node.tryGetContext('externalId'),
  }),
});
