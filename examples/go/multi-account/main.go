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
	testAccount := setting(app, "testAccount")
	productionAccount := setting(app, "productionAccount")

	newStage(app, "Test", []awscdk.Environment{
		{Account: testAccount, Region: jsii.String("us-east-1")},
	})
	newStage(app, "Production", []awscdk.Environment{
		{Account: productionAccount, Region: jsii.String("us-east-1")},
		{Account: productionAccount, Region: jsii.String("eu-west-1")},
	})

	app.Synth(nil)
}

// newStage creates the lakes of one stage.
func newStage(app awscdk.App, id string, environments []awscdk.Environment) {
	stage := awscdk.NewStage(app, jsii.String(id), nil)
	for _, env := range environments {
		bucketName := *setting(app, "bucketName") + "-" + *env.Account + "-" + *env.Region
		newStack(app, stage, "Lake-"+*env.Region, bucketName, &env)
	}
	// tags and other Aspects of the app do not reach the stacks of a stage
	awscdk.Tags_Of(stage).Add(jsii.String("stage"), jsii.String(id), nil)
}

// newStack creates all that one account and Region needs. S3 Access Grants has one instance for each of them, and its
// function and its secret must be there, too.
func newStack(app awscdk.App, stage awscdk.Stage, id string, bucketName string, env *awscdk.Environment) {
	stack := awscdk.NewStack(stage, jsii.String(id), &awscdk.StackProps{Env: env})

	tenant := immuta.NewImmutaTenant(stack, jsii.String("Immuta"), &immuta.ImmutaTenantProps{
		Url:    setting(app, "immutaUrl"),
		ApiKey: awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("ApiKey"), setting(app, "apiKeySecretName")),
	})

	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Bucket"), jsii.String(bucketName))

	immuta.NewImmutaS3Integration(stack, jsii.String("Lake"), &immuta.ImmutaS3IntegrationProps{
		Tenant:          tenant,
		IntegrationName: jsii.String(bucketName), // names are unique in Immuta
		Location:        immuta.S3Location_Bucket(bucket),
		Authentication: immuta.ImmutaAuthentication_AssumeRole(&immuta.AssumeRoleOptions{
			Principal:  awsiam.NewArnPrincipal(setting(app, "immutaPrincipalArn")),
			ExternalId: optionalSetting(app, "externalId"),
		}),
	})
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
