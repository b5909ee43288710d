import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { AccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } from '../src';
import type { ImmutaS3IntegrationProps } from '../src';
import type { Context } from './context';

/** Defines a tenant and an integration of the library, in the instance of the base stack. */
export function defineIntegration(
  stack: Stack,
  context: Context,
  label: string,
  props: Partial<ImmutaS3IntegrationProps> = {},
): ImmutaS3Integration {
  const { url, secret, secretField, bucket, principal, externalId } = context.options;
  const integration = new ImmutaS3Integration(stack, 'Lake', {
    tenant: new ImmutaTenant(stack, 'Immuta', {
      url,
      apiKey: secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', secret),
      apiKeyField: secretField,
    }),
    location: S3Location.prefix(s3.Bucket.fromBucketName(stack, 'Bucket', bucket), `${context.name(label)}/`),
    accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
    authentication: ImmutaAuthentication.assumeRole({ principal: new iam.ArnPrincipal(principal), externalId }),
    timeout: Duration.minutes(20),
    ...props,
  });
  new CfnOutput(stack, 'IntegrationId', { value: integration.integrationId });
  return integration;
}
