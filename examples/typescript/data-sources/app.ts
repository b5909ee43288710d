import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  DataSourceRemovalMode,
  ImmutaAuthentication,
  ImmutaS3Integration,
  ImmutaTenant,
  S3Location,
} from 'cdk-immuta-s3-integration';

const app = new App();

/** Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' must be set: pass -c ${name}=…`);
  return value;
}

const stack = new Stack(app, 'ImmutaDataSources');

const immuta = new ImmutaTenant(stack, 'Immuta', {
  url: setting('immutaUrl'),
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', setting('apiKeySecretName')),
});

const integration = new ImmutaS3Integration(stack, 'SalesLake', {
  tenant: immuta,
  location: S3Location.bucket(Bucket.fromBucketName(stack, 'Sales', setting('bucketName'))),
  authentication: ImmutaAuthentication.assumeRole({
    principal: new ArnPrincipal(setting('immutaPrincipalArn')),
    externalId: app.node.tryGetContext('externalId'),
  }),
});

// 'orders/,returns/' gives the data sources 'Sales orders' and 'Sales returns'
const prefixes = setting('dataSourcePrefixes').split(',');
const curated = integration.addDataSources('Curated', {
  dataSources: Object.fromEntries(prefixes.map((prefix) => [`Sales ${prefix.replace('/', '')}`, prefix])),
  removalMode: DataSourceRemovalMode.DELETE,
});

new CfnOutput(stack, 'DataSourceIds', { value: Object.values(curated.dataSourceIds).join(',') });
