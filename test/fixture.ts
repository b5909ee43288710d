import { App, Stack, StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ImmutaAuthentication, ImmutaS3Integration, ImmutaS3IntegrationProps, ImmutaTenant, S3Location } from '../src';

export const ENV = { account: '111122223333', region: 'us-east-1' };
export const URL_OF_TENANT = 'https://acme.immutacloud.com';

export function newStack(props: StackProps = { env: ENV }, app: App = new App(), id = 'Stack'): Stack {
  return new Stack(app, id, props);
}

export function newTenant(scope: Construct, id = 'Immuta', url = URL_OF_TENANT): ImmutaTenant {
  return new ImmutaTenant(scope, id, {
    url,
    apiKey: secretsmanager.Secret.fromSecretNameV2(scope, `${id}ApiKey`, 'immuta/api-key'),
  });
}

export function importedBucket(scope: Construct, name = 'acme-sales'): s3.IBucket {
  return s3.Bucket.fromBucketName(scope, `Bucket-${name}`, name);
}

/** Creates an integration with defaults for everything that the test does not set. */
export function newIntegration(
  scope: Construct,
  id: string,
  props: Partial<ImmutaS3IntegrationProps> = {},
): ImmutaS3Integration {
  return new ImmutaS3Integration(scope, id, {
    tenant: props.tenant ?? newTenant(scope, `${id}Tenant`),
    location: props.location ?? S3Location.bucket(importedBucket(scope, `${id.toLowerCase()}-bucket`)),
    authentication: ImmutaAuthentication.assumeRole({
      principal: new iam.ArnPrincipal('arn:aws:iam::444455556666:role/immuta'),
      externalId: 'tenant-1',
    }),
    ...props,
  });
}

export type Resources = Record<string, {
  Type: string;
  Properties: Record<string, any>;
  DependsOn?: string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Metadata?: Record<string, any>;
}>;

export function listResources(stack: Stack): Resources {
  return Template.fromStack(stack).toJSON().Resources;
}

/** Returns the resources without what CloudFormation ignores: the order of `DependsOn` and the construct path. */
export function normalize(resources: Resources): Resources {
  return Object.fromEntries(
    Object.entries(resources).map(
      ([logicalId, { Metadata: { 'aws:cdk:path': _, ...metadata } = {}, DependsOn, ...resource }]) => [
        logicalId,
        { ...resource, Metadata: metadata, DependsOn: DependsOn?.sort() },
      ],
    ),
  );
}

/** Counts the resources of each type. */
export function countTypes(stack: Stack): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(listResources(stack))) {
    counts[Type] = (counts[Type] ?? 0) + 1;
  }
  return counts;
}

/** Returns the only resource of the type. */
export function getOnly(stack: Stack, type: string) {
  const found = Object.entries(listResources(stack)).filter(([, resource]) => resource.Type === type);
  expect(found.map(([logicalId]) => logicalId)).toHaveLength(1);
  return { logicalId: found[0][0], ...found[0][1] };
}

/** Returns the error of the synthesis, or an empty text. */
export function synthError(stack: Stack): string {
  try {
    (stack.node.root as App).synth({ force: true });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

export const INTEGRATION = 'Custom::ImmutaS3Integration';
export const INSTANCE = 'AWS::S3::AccessGrantsInstance';
