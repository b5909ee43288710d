import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } from 'cdk-immuta-s3-integration';

const app = new App();

/** Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' must be set: pass -c ${name}=…`);
  return value;
}

const stack = new Stack(app, 'ImmutaQuickstart');

const immuta = new ImmutaTenant(stack, 'Immuta', {
  url: setting('immutaUrl'),
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', setting('apiKeySecretName')),
});

const bucket = Bucket.fromBucketName(stack, 'Sales', setting('bucketName'));
const prefix = app.node.tryGetContext('prefix');

const integration = new ImmutaS3Integration(stack, 'SalesLake', {
  tenant: immuta,
  location: prefix ? S3Location.prefix(bucket, prefix) : S3Location.bucket(bucket),
  integrationName: app.node.tryGetContext('integrationName'),
  authentication: ImmutaAuthentication.assumeRole({
    principal: new ArnPrincipal(setting('immutaPrincipalArn')),
    externalId: app.node.tryGetContext('externalId'),
  }),
});

new CfnOutput(stack, 'IntegrationId', { value: integration.integrationId });
new CfnOutput(stack, 'LocationRoleArn', { value: integration.locationRole.roleArn });
