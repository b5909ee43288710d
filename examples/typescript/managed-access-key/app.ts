import { App, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } from 'cdk-immuta-s3-integration';

const app = new App();

/** Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' must be set: pass -c ${name}=…`);
  return value;
}

const stack = new Stack(app, 'ImmutaManagedAccessKey');

const immuta = new ImmutaTenant(stack, 'Immuta', {
  url: setting('immutaUrl'),
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', setting('apiKeySecretName')),
});

const integration = new ImmutaS3Integration(stack, 'Lake', {
  tenant: immuta,
  location: S3Location.bucket(Bucket.fromBucketName(stack, 'Bucket', setting('bucketName'))),
  authentication: ImmutaAuthentication.managedAccessKey({ rotation: Schedule.rate(Duration.days(90)) }),
});

const topic = new Topic(stack, 'RotationTopic', { enforceSSL: true });
// enforceSSL replaces the default policy of the topic, which allows alarms to publish
topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com'));

// ALARM after a failed step, OK after the next rotation or deployment that succeeds
const alarm = new Alarm(stack, 'RotationFailed', {
  alarmDescription: 'The rotation of the access key failed: see the log of the function',
  metric: integration.metricKeyRotationFailed(),
  threshold: 1,
  evaluationPeriods: 1,
  treatMissingData: TreatMissingData.IGNORE,
});
alarm.addAlarmAction(new SnsAction(topic));

// every rotation, as Secrets Manager reports it to CloudTrail and EventBridge
new Rule(stack, 'Rotations', {
  eventPattern: {
    source: ['aws.secretsmanager'],
    detailType: ['AWS Service Event via CloudTrail'],
    detail: {
      eventName: ['RotationSucceeded', 'RotationFailed', 'RotationAbandoned'],
      additionalEventData: { SecretId: [integration.accessKeySecret!.secretArn] },
    },
  },
  targets: [new SnsTopic(topic)],
});
