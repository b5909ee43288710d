import { App, Stack } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AdoptingAccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location,
} from 'cdk-immuta-s3-integration';

const app = new App();

/** Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' must be set: pass -c ${name}=…`);
  return value;
}

const stack = new Stack(app, 'ImmutaIdentityCenter');

const immuta = new ImmutaTenant(stack, 'Immuta', {
  url: setting('immutaUrl'),
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', setting('apiKeySecretName')),
});

const identityCenterInstanceArn = setting('identityCenterInstanceArn');

new ImmutaS3Integration(stack, 'Lake', {
  tenant: immuta,
  location: S3Location.bucket(Bucket.fromBucketName(stack, 'Bucket', setting('bucketName'))),
  authentication: ImmutaAuthentication.assumeRole({
    principal: new ArnPrincipal(setting('immutaPrincipalArn')),
    externalId: app.node.tryGetContext('externalId'),
  }),
  accessGrantsInstance: new AdoptingAccessGrantsInstance(stack, 'AccessGrants', { identityCenterInstanceArn }),
  identityCenter: {
    instanceArn: identityCenterInstanceArn,
    identityStoreId: setting('identityStoreId'),
    identityStoreAccount: setting('identityStoreAccount'),
  },
});
