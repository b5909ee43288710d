package main

import (
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"
	immuta "github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration-go/cdkimmutas3integration"
)

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("ImmutaPrivateNetwork"), nil)

	// no internet gateway and no NAT gateway
	vpc := awsec2.NewVpc(stack, jsii.String("Vpc"), &awsec2.VpcProps{
		MaxAzs:      jsii.Number(2),
		NatGateways: jsii.Number(0),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{
			{Name: jsii.String("Isolated"), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED},
		},
	})

	apiKey := awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("ApiKey"), setting(app, "apiKeySecretName"))
	tenant := immuta.NewImmutaTenant(stack, jsii.String("Immuta"), &immuta.ImmutaTenantProps{
		Url:    setting(app, "immutaUrl"),
		ApiKey: apiKey,
		Vpc:    vpc,
	})
	accessGrantsInstance := immuta.NewAccessGrantsInstance(stack, jsii.String("AccessGrants"), nil)

	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Bucket"), setting(app, "bucketName"))

	immuta.NewImmutaS3Integration(stack, jsii.String("Lake"), &immuta.ImmutaS3IntegrationProps{
		Tenant:   tenant,
		Location: immuta.S3Location_Bucket(bucket),
		Authentication: immuta.ImmutaAuthentication_AssumeRole(&immuta.AssumeRoleOptions{
			Principal:  awsiam.NewArnPrincipal(setting(app, "immutaPrincipalArn")),
			ExternalId: optionalSetting(app, "externalId"),
		}),
		AccessGrantsInstance: accessGrantsInstance,
	})

	// addEndpoint adds an endpoint that only the function can reach.
	addEndpoint := func(id string, service awsec2.IInterfaceVpcEndpointService) awsec2.InterfaceVpcEndpoint {
		endpoint := vpc.AddInterfaceEndpoint(jsii.String(id), &awsec2.InterfaceVpcEndpointOptions{
			Service:           service,
			Open:              jsii.Bool(false),
			PrivateDnsEnabled: jsii.Bool(true),
		})
		endpoint.Connections().AllowDefaultPortFrom(tenant, nil)
		return endpoint
	}

	// allow lets the function, and no other principal, call these actions through an endpoint.
	allow := func(endpoint awsec2.InterfaceVpcEndpoint, actions *[]*string, resource *string) {
		endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewArnPrincipal(tenant.HandlerRole().RoleArn())},
			Actions:    actions,
			Resources:  &[]*string{resource},
		}))
	}

	// Immuta's private networking: Immuta names its endpoint service, and accepts the connection
	addEndpoint("ImmutaEndpoint",
		awsec2.NewInterfaceVpcEndpointService(setting(app, "immutaEndpointService"), jsii.Number(443)))

	secretsManager := addEndpoint("SecretsManager", awsec2.InterfaceVpcEndpointAwsService_SECRETS_MANAGER())
	allow(secretsManager, jsii.Strings("secretsmanager:GetSecretValue"), jsii.String(*apiKey.SecretArn()+"-??????"))

	// the function continues in another invocation if an operation takes longer than 8 minutes
	lambda := addEndpoint("Lambda", awsec2.InterfaceVpcEndpointAwsService_LAMBDA())
	allow(lambda, jsii.Strings("lambda:InvokeFunction"), tenant.HandlerArn())

	cloudFormation := addEndpoint("CloudFormation", awsec2.InterfaceVpcEndpointAwsService_CLOUDFORMATION())
	describe := jsii.Strings("cloudformation:DescribeStackResource", "cloudformation:DescribeStacks")
	allow(cloudFormation, describe, stack.StackId())

	s3 := addEndpoint("S3", awsec2.InterfaceVpcEndpointAwsService_S3())
	allow(s3, jsii.Strings("s3:ListAccessGrantsLocations"), accessGrantsInstance.AccessGrantsInstanceArn())
	// without it, EC2 gives the private names to resolvers outside the VPC only
	s3.Node().DefaultChild().(awsec2.CfnVPCEndpoint).AddPropertyOverride(
		jsii.String("DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint"), "AllResolvers")

	// CloudFormation signs the URL to which the function sends its responses, so the principal is not the function's role
	respond := awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Actions:    jsii.Strings("s3:PutObject"),
		Resources:  jsii.Strings("arn:" + *stack.Partition() + ":s3:::cloudformation-custom-resource-response-*/*"),
	})
	s3.AddToPolicy(respond)
	// costs nothing, and covers the names of S3 that the other endpoint does not resolve
	gateway := vpc.AddGatewayEndpoint(jsii.String("S3Gateway"), &awsec2.GatewayVpcEndpointOptions{
		Service: awsec2.GatewayVpcEndpointAwsService_S3(),
	})
	gateway.AddToPolicy(respond)

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
