package main

import (
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/jsii-runtime-go"
	immuta "github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration-go/cdkimmutas3integration"
)

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("ImmutaHealth"), nil)

	tenant := immuta.NewImmutaTenant(stack, jsii.String("Immuta"), &immuta.ImmutaTenantProps{
		Url:    setting(app, "immutaUrl"),
		ApiKey: awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("ApiKey"), setting(app, "apiKeySecretName")),
	})

	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Bucket"), setting(app, "bucketName"))

	immuta.NewImmutaS3Integration(stack, jsii.String("Lake"), &immuta.ImmutaS3IntegrationProps{
		Tenant:   tenant,
		Location: immuta.S3Location_Bucket(bucket),
		Authentication: immuta.ImmutaAuthentication_AssumeRole(&immuta.AssumeRoleOptions{
			Principal:  awsiam.NewArnPrincipal(setting(app, "immutaPrincipalArn")),
			ExternalId: optionalSetting(app, "externalId"),
		}),
		DiagnosePermissions: jsii.Bool(true), // the check also reports what AWS denies Immuta's role
	})

	topic := awssns.NewTopic(stack, jsii.String("Alarms"), &awssns.TopicProps{EnforceSSL: jsii.Bool(true)})
	topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(setting(app, "email"), nil))
	// EnforceSSL replaces the default policy of the topic, which allows alarms to publish
	topic.GrantPublish(awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil))

	// one schedule and one alarm for all integrations of the tenant, also those that are defined later
	check := tenant.AddHealthCheck(&immuta.HealthCheckOptions{
		Schedule:   awsevents.Schedule_Rate(awscdk.Duration_Hours(jsii.Number(1))),
		AlarmTopic: topic,
	})

	awscloudwatch.NewDashboard(stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		Widgets: &[]*[]awscloudwatch.IWidget{check.DashboardWidgets()},
	})

	app.Synth(nil)
}

// setting reads a value from the context: `cdk deploy -c immutaUrl=https://…`.
func setting(app awscdk.App, name string) *string {
	value := optionalSetting(app, name)
	if value == nil {
		log.Fatalf("'%s' must be set: pass -c %[1]s=…", name)
	}
	return value
}

// optionalSetting returns nil if the context does not have it.
func optionalSetting(app awscdk.App, name string) *string {
	value, ok := app.Node().TryGetContext(jsii.String(name)).(string)
	if !ok {
		return nil
	}
	return &value
}
