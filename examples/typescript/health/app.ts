import { App, Duration, Stack } from 'aws-cdk-lib';
import { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ArnPrincipal, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } from 'cdk-immuta-s3-integration';

const app = new App();

/** Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' must be set: pass -c ${name}=…`);
  return value;
}

const stack = new Stack(app, 'ImmutaHealth');

const immuta = new ImmutaTenant(stack, 'Immuta', {
  url: setting('immutaUrl'),
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', setting('apiKeySecretName')),
});

new ImmutaS3Integration(stack, 'Lake', {
  tenant: immuta,
  location: S3Location.bucket(Bucket.fromBucketName(stack, 'Bucket', setting('bucketName'))),
  authentication: ImmutaAuthentication.assumeRole({
    principal: new ArnPrincipal(setting('immutaPrincipalArn')),
    externalId: app.node.tryGetContext('externalId'),
  }),
  diagnosePermissions: true, // the check also reports what AWS denies Immuta's role
});

const topic = new Topic(stack, 'Alarms', { enforceSSL: true });
topic.addSubscription(new EmailSubscription(setting('email')));
// enforceSSL replaces the default policy of the topic, which allows alarms to publish
topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com'));

// one schedule and one alarm for all integrations of the tenant, also those that are defined later
const check = immuta.addHealthCheck({ schedule: Schedule.rate(Duration.hours(1)), alarmTopic: topic });

new Dashboard(stack, 'Dashboard', { widgets: [check.dashboardWidgets()] });
