package main

import (
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"
	immuta "github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration-go/cdkimmutas3integration"
)

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("ImmutaQuickstart"), nil)

	tenant := immuta.NewImmutaTenant(stack, jsii.String("Immuta"), &immuta.ImmutaTenantProps{
		Url:    setting(app, "immutaUrl"),
		ApiKey: awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("ApiKey"), setting(app, "apiKeySecretName")),
	})

	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Sales"), setting(app, "bucketName"))
	location := immuta.S3Location_Bucket(bucket)
	if prefix := optionalSetting(app, "prefix"); prefix != nil {
		location = immuta.S3Location_Prefix(bucket, prefix)
	}

	integration := immuta.NewImmutaS3Integration(stack, jsii.String("SalesLake"), &immuta.ImmutaS3IntegrationProps{
		Tenant:          tenant,
		Location:        location,
		IntegrationName: optionalSetting(app, "integrationName"),
		Authentication: immuta.ImmutaAuthentication_AssumeRole(&immuta.AssumeRoleOptions{
			Principal:  awsiam.NewArnPrincipal(setting(app, "immutaPrincipalArn")),
			ExternalId: optionalSetting(app, "externalId"),
		}),
	})

	awscdk.NewCfnOutput(stack, jsii.String("IntegrationId"), &awscdk.CfnOutputProps{
		Value: integration.IntegrationId(),
	})
	awscdk.NewCfnOutput(stack, jsii.String("LocationRoleArn"), &awscdk.CfnOutputProps{
		Value: integration.LocationRole().RoleArn(),
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

// optionalSetting returns nil if the context does not have it.
func optionalSetting(app awscdk.App, name string) *string {
	value, ok := app.Node().TryGetContext(jsii.String(name)).(string)
	if !ok {
		return nil
	}
	return &value
}
