package main

import (
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"
	immuta "github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration-go/cdkimmutas3integration"
)

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	// the lookup of the VPC needs the account and the Region
	stack := awscdk.NewStack(app, jsii.String("ImmutaEnterprise"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: setting(app, "account"), Region: setting(app, "region")},
	})

	awscdk.Tags_Of(app).Add(jsii.String("cost-center"), setting(app, "costCenter"), nil)
	boundary := awsiam.ManagedPolicy_FromManagedPolicyName(stack, jsii.String("Boundary"), setting(app, "boundaryName"))
	awsiam.PermissionsBoundary_Of(app).Apply(boundary)
	awscdk.Aspects_Of(app).Add(immuta.NewManagedPolicies(), nil) // the organization forbids inline policies

	// its key policy must allow logs.<region>.amazonaws.com to encrypt the log
	key := awskms.Key_FromKeyArn(stack, jsii.String("Key"), setting(app, "keyArn"))

	apiKeyAttributes := &awssecretsmanager.SecretAttributes{
		SecretCompleteArn: setting(app, "apiKeySecretArn"),
		EncryptionKey:     key,
	}
	apiKey := awssecretsmanager.Secret_FromSecretAttributes(stack, jsii.String("ApiKey"), apiKeyAttributes)

	tenant := immuta.NewImmutaTenant(stack, jsii.String("Immuta"), &immuta.ImmutaTenantProps{
		Url:    setting(app, "immutaUrl"),
		ApiKey: apiKey,
		Role:   awsiam.Role_FromRoleName(stack, jsii.String("HandlerRole"), setting(app, "handlerRoleName"), nil),
		Vpc:    awsec2.Vpc_FromLookup(stack, jsii.String("Vpc"), &awsec2.VpcLookupOptions{VpcName: setting(app, "vpcName")}),
		// the function reads the credentials without the proxy, so the VPC needs an endpoint for Secrets Manager
		Proxy: &immuta.HandlerProxy{
			Url: setting(app, "proxyUrl"),
			Credentials: awssecretsmanager.Secret_FromSecretNameV2(
				stack, jsii.String("ProxyCredentials"), setting(app, "proxySecretName")),
		},
		LogGroup: awslogs.NewLogGroup(stack, jsii.String("Log"), &awslogs.LogGroupProps{
			EncryptionKey: key,
			Retention:     awslogs.RetentionDays_ONE_YEAR,
		}),
		EnvironmentEncryption:        key,
		ReservedConcurrentExecutions: jsii.Number(10),
	})

	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Bucket"), setting(app, "bucketName"))

	immuta.NewImmutaS3Integration(stack, jsii.String("Lake"), &immuta.ImmutaS3IntegrationProps{
		Tenant:         tenant,
		Location:       immuta.S3Location_Bucket(bucket),
		EncryptionKeys: &[]awskms.IKey{key},
		// new roles, with the boundary
		Authentication: immuta.ImmutaAuthentication_AssumeRole(&immuta.AssumeRoleOptions{
			Principal:  awsiam.NewArnPrincipal(setting(app, "immutaPrincipalArn")),
			ExternalId: optionalSetting(app, "externalId"),
		}),
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
