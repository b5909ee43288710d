package main

import (
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
	immuta "github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration-go/cdkimmutas3integration"
)

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("ImmutaManagedAccessKey"), nil)

	tenant := immuta.NewImmutaTenant(stack, jsii.String("Immuta"), &immuta.ImmutaTenantProps{
		Url:    setting(app, "immutaUrl"),
		ApiKey: awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("ApiKey"), setting(app, "apiKeySecretName")),
	})

	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Bucket"), setting(app, "bucketName"))

	integration := immuta.NewImmutaS3Integration(stack, jsii.String("Lake"), &immuta.ImmutaS3IntegrationProps{
		Tenant:   tenant,
		Location: immuta.S3Location_Bucket(bucket),
		Authentication: immuta.ImmutaAuthentication_ManagedAccessKey(&immuta.ManagedAccessKeyOptions{
			Rotation: awsevents.Schedule_Rate(awscdk.Duration_Days(jsii.Number(90))),
		}),
	})

	topic := awssns.NewTopic(stack, jsii.String("RotationTopic"), &awssns.TopicProps{EnforceSSL: jsii.Bool(true)})
	// EnforceSSL replaces the default policy of the topic, which allows alarms to publish
	topic.GrantPublish(awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil))

	// ALARM after a failed step, OK after the next rotation or deployment that succeeds
	alarm := awscloudwatch.NewAlarm(stack, jsii.String("RotationFailed"), &awscloudwatch.AlarmProps{
		AlarmDescription:  jsii.String("The rotation of the access key failed: see the log of the function"),
		Metric:            integration.MetricKeyRotationFailed(nil),
		Threshold:         jsii.Number(1),
		EvaluationPeriods: jsii.Number(1),
		TreatMissingData:  awscloudwatch.TreatMissingData_IGNORE,
	})
	alarm.AddAlarmAction(awscloudwatchactions.NewSnsAction(topic))

	// every rotation, as Secrets Manager reports it to CloudTrail and EventBridge
	awsevents.NewRule(stack, jsii.String("Rotations"), &awsevents.RuleProps{
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.secretsmanager"),
			DetailType: jsii.Strings("AWS Service Event via CloudTrail"),
			Detail: &map[string]interface{}{
				"eventName": jsii.Strings("RotationSucceeded", "RotationFailed", "RotationAbandoned"),
				"additionalEventData": map[string]interface{}{
					"SecretId": []*string{integration.AccessKeySecret().SecretArn()},
				},
			},
		},
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewSnsTopic(topic, nil)},
	})

	app.Synth(nil)
}

// setting reads a value from the context: `cdk deploy -c immutaUrl=https://…`.
func setting(app awscdk.App, name string) *string {
	value, ok := app.Node().TryGetContext(jsii.String(name)).(string)
	if !ok {
		log.Fatalf("'%s' must be set: pass -c %[1]s=…", name)
	}
	return &value
}
