import { App, Environment, Stack, StackProps, Stage, Tags } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } from 'cdk-immuta-s3-integration';

const app = new App();

/** Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' must be set: pass -c ${name}=…`);
  return value;
}

/**
 * All that one account and Region needs. S3 Access Grants has one instance for each of them, and its function and its
 * secret must be there, too.
 */
class LakeStack extends Stack {
  constructor(scope: Construct, id: string, bucketName: string, props: StackProps) {
    super(scope, id, props);
    const immuta = new ImmutaTenant(this, 'Immuta', {
      url: setting('immutaUrl'),
      apiKey: Secret.fromSecretNameV2(this, 'ApiKey', setting('apiKeySecretName')),
    });
    new ImmutaS3Integration(this, 'Lake', {
      tenant: immuta,
      integrationName: bucketName, // names are unique in Immuta
      location: S3Location.bucket(Bucket.fromBucketName(this, 'Bucket', bucketName)),
      authentication: ImmutaAuthentication.assumeRole({
        principal: new ArnPrincipal(setting('immutaPrincipalArn')),
        externalId: app.node.tryGetContext('externalId'),
      }),
    });
  }
}

/** The lakes of one stage. */
class LakeStage extends Stage {
  constructor(scope: Construct, id: string, environments: Environment[]) {
    super(scope, id);
    for (const env of environments) {
      const bucketName = `${setting('bucketName')}-${env.account}-${env.region}`;
      new LakeStack(this, `Lake-${env.region}`, bucketName, { env });
    }
    Tags.of(this).add('stage', id); // tags and other Aspects of the app do not reach the stacks of a stage
  }
}

new LakeStage(app, 'Test', [
  { account: setting('testAccount'), region: 'us-east-1' },
]);
new LakeStage(app, 'Production', [
  { account: setting('productionAccount'), region: 'us-east-1' },
  { account: setting('productionAccount'), region: 'eu-west-1' },
]);
