import { App, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location,
} from 'cdk-immuta-s3-integration';

const app = new App();

/** Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' must be set: pass -c ${name}=…`);
  return value;
}

const stack = new Stack(app, 'ImmutaAdopted');

const immuta = new ImmutaTenant(stack, 'Immuta', {
  url: setting('immutaUrl'),
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', setting('apiKeySecretName')),
});

new ImmutaS3Integration(stack, 'Lake', {
  tenant: immuta,
  adopt: setting('integrationId'),
  location: S3Location.bucket(Bucket.fromBucketName(stack, 'Bucket', setting('bucketName'))),
  locationRole: Role.fromRoleArn(stack, 'LocationRole', setting('locationRoleArn')),
  authentication: ImmutaAuthentication.existingRole(Role.fromRoleArn(stack, 'ImmutaRole', setting('immutaRoleArn'))),
  accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'AccessGrants'),
});
