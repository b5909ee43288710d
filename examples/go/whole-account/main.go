package main

import (
	"log"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"
	immuta "github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration-go/cdkimmutas3integration"
)

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("ImmutaWholeAccount"), nil)

	tenant := immuta.NewImmutaTenant(stack, jsii.String("Immuta"), &immuta.ImmutaTenantProps{
		Url:         setting(app, "immutaUrl"),
		ApiKey:      awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("ApiKey"), setting(app, "apiKeySecretName")),
		ApiKeyField: jsii.String("apiKey"), // the secret is {"apiKey": "…"}
	})

	instance := immuta.NewAccessGrantsInstance(stack, jsii.String("AccessGrants"), &immuta.AccessGrantsInstanceProps{
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	})

	var buckets []awss3.IBucket
	for _, name := range strings.Split(*setting(app, "bucketNames"), ",") {
		buckets = append(buckets, awss3.Bucket_FromBucketName(stack, jsii.String("Bucket-"+name), jsii.String(name)))
	}
	key := awskms.Key_FromKeyArn(stack, jsii.String("Key"), setting(app, "keyArn"))

	integration := immuta.NewImmutaS3Integration(stack, jsii.String("Lakes"), &immuta.ImmutaS3IntegrationProps{
		Tenant:          tenant,
		IntegrationName: jsii.String("lakes"),
		// Immuta governs s3://, and reaches these buckets
		Location:       immuta.S3Location_AllBuckets(&immuta.AllBucketsOptions{Buckets: &buckets}),
		Access:         immuta.LocationAccess_READ_ONLY,
		EncryptionKeys: &[]awskms.IKey{key},
		Authentication: immuta.ImmutaAuthentication_AssumeRole(&immuta.AssumeRoleOptions{
			Principal:  awsiam.NewArnPrincipal(setting(app, "immutaPrincipalArn")),
			ExternalId: optionalSetting(app, "externalId"),
		}),
		AccessGrantsInstance: instance,
		Timeout:              awscdk.Duration_Minutes(jsii.Number(45)),
		RemovalPolicy:        awscdk.RemovalPolicy_RETAIN,
	})

	analysts := awsiam.Role_FromRoleName(stack, jsii.String("Analysts"), setting(app, "analystsRoleName"), nil)
	instance.GrantDataAccess(analysts)

	awscdk.NewCfnOutput(stack, jsii.String("IntegrationName"), &awscdk.CfnOutputProps{
		Value: integration.IntegrationName(),
	})
	awscdk.NewCfnOutput(stack, jsii.String("ImmutaRoleArn"), &awscdk.CfnOutputProps{
		Value: integration.ImmutaRole().RoleArn(),
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
