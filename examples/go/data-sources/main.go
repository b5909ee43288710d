package main

import (
	"log"
	"strings"

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
	stack := awscdk.NewStack(app, jsii.String("ImmutaDataSources"), nil)

	tenant := immuta.NewImmutaTenant(stack, jsii.String("Immuta"), &immuta.ImmutaTenantProps{
		Url:    setting(app, "immutaUrl"),
		ApiKey: awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("ApiKey"), setting(app, "apiKeySecretName")),
	})

	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Sales"), setting(app, "bucketName"))
	integration := immuta.NewImmutaS3Integration(stack, jsii.String("SalesLake"), &immuta.ImmutaS3IntegrationProps{
		Tenant:   tenant,
		Location: immuta.S3Location_Bucket(bucket),
		Authentication: immuta.ImmutaAuthentication_AssumeRole(&immuta.AssumeRoleOptions{
			Principal:  awsiam.NewArnPrincipal(setting(app, "immutaPrincipalArn")),
			ExternalId: optionalSetting(app, "externalId"),
		}),
	})

	// "orders/,returns/" gives the data sources "Sales orders" and "Sales returns"
	dataSources := map[string]*string{}
	var names []string
	for _, prefix := range strings.Split(*setting(app, "dataSourcePrefixes"), ",") {
		name := "Sales " + strings.ReplaceAll(prefix, "/", "")
		dataSources[name] = jsii.String(prefix)
		names = append(names, name)
	}
	curated := integration.AddDataSources(jsii.String("Curated"), &immuta.DataSourcesOptions{
		DataSources: &dataSources,
		RemovalMode: immuta.DataSourceRemovalMode_DELETE,
	})

	var ids []string
	for _, name := range names {
		ids = append(ids, *(*curated.DataSourceIds())[name])
	}
	awscdk.NewCfnOutput(stack, jsii.String("DataSourceIds"), &awscdk.CfnOutputProps{
		Value: jsii.String(strings.Join(ids, ",")),
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
