import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, LocationAccess, S3Location,
} from 'cdk-immuta-s3-integration';

const app = new App();

/** Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' must be set: pass -c ${name}=…`);
  return value;
}

const stack = new Stack(app, 'ImmutaWholeAccount');

const immuta = new ImmutaTenant(stack, 'Immuta', {
  url: setting('immutaUrl'),
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', setting('apiKeySecretName')),
  apiKeyField: 'apiKey', // the secret is {"apiKey": "…"}
});

const instance = new AccessGrantsInstance(stack, 'AccessGrants', { removalPolicy: RemovalPolicy.RETAIN });
const buckets = setting('bucketNames').split(',').map((name) => Bucket.fromBucketName(stack, `Bucket-${name}`, name));

const integration = new ImmutaS3Integration(stack, 'Lakes', {
  tenant: immuta,
  integrationName: 'lakes',
  location: S3Location.allBuckets({ buckets }), // Immuta governs s3://, and reaches these buckets
  access: LocationAccess.READ_ONLY,
  encryptionKeys: [Key.fromKeyArn(stack, 'Key', setting('keyArn'))],
  authentication: ImmutaAuthentication.assumeRole({
    principal: new ArnPrincipal(setting('immutaPrincipalArn')),
    externalId: app.node.tryGetContext('externalId'),
  }),
  accessGrantsInstance: instance,
  timeout: Duration.minutes(45),
  removalPolicy: RemovalPolicy.RETAIN,
});

instance.grantDataAccess(Role.fromRoleName(stack, 'Analysts', setting('analystsRoleName')));

new CfnOutput(stack, 'IntegrationName', { value: integration.integrationName });
new CfnOutput(stack, 'ImmutaRoleArn', { value: integration.immutaRole!.roleArn });
