import { App, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } from 'cdk-immuta-s3-integration';

const app = new App();

/** What differs from one company to the next comes from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' is not set, say -c ${name}=…, see ../quickstart/README.md`);
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

new Alarm(stack, 'RotationFailed', {
  alarmDescription: 'Immuta goes on with the access key that it has; the log of the function says why',
  metric: integration.metricKeyRotationFailed({ period: Duration.days(1) }),
  threshold: 1,
  evaluationPeriods: 1,
  treatMissingData: TreatMissingData.IGNORE,
});
