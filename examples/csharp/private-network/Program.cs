using System;
using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using CdkImmutaS3Integration;

namespace PrivateNetwork
{
    internal static class Program
    {
        public static void Main()
        {
            var app = new App();
            var stack = new Stack(app, "ImmutaPrivateNetwork");

            // no internet gateway and no NAT gateway
            var vpc = new Vpc(stack, "Vpc", new VpcProps
            {
                MaxAzs = 2,
                NatGateways = 0,
                SubnetConfiguration = new[]
                {
                    new SubnetConfiguration { Name = "Isolated", SubnetType = SubnetType.PRIVATE_ISOLATED },
                },
            });

            var apiKey = Secret.FromSecretNameV2(stack, "ApiKey", Setting(app, "apiKeySecretName"));
            var immuta = new ImmutaTenant(stack, "Immuta", new ImmutaTenantProps
            {
                Url = Setting(app, "immutaUrl"),
                ApiKey = apiKey,
                Vpc = vpc,
            });
            var accessGrantsInstance = new AccessGrantsInstance(stack, "AccessGrants");

            new ImmutaS3Integration(stack, "Lake", new ImmutaS3IntegrationProps
            {
                Tenant = immuta,
                Location = S3Location.Bucket(Bucket.FromBucketName(stack, "Bucket", Setting(app, "bucketName"))),
                Authentication = ImmutaAuthentication.AssumeRole(new AssumeRoleOptions
                {
                    Principal = new ArnPrincipal(Setting(app, "immutaPrincipalArn")),
                    ExternalId = app.Node.TryGetContext("externalId") as string,
                }),
                AccessGrantsInstance = accessGrantsInstance,
            });

            // Immuta's private networking: Immuta names its endpoint service, and accepts the connection
            var immutaService = new InterfaceVpcEndpointService(Setting(app, "immutaEndpointService"), 443);
            AddEndpoint(vpc, immuta, "ImmutaEndpoint", immutaService);

            var secretsManager =
                AddEndpoint(vpc, immuta, "SecretsManager", InterfaceVpcEndpointAwsService.SECRETS_MANAGER);
            Allow(secretsManager, immuta, new[] { "secretsmanager:GetSecretValue" }, apiKey.SecretArn + "-??????");

            // the function continues in another invocation if an operation takes longer than 8 minutes
            var lambda = AddEndpoint(vpc, immuta, "Lambda", InterfaceVpcEndpointAwsService.LAMBDA);
            Allow(lambda, immuta, new[] { "lambda:InvokeFunction" }, immuta.HandlerArn);

            var cloudFormation =
                AddEndpoint(vpc, immuta, "CloudFormation", InterfaceVpcEndpointAwsService.CLOUDFORMATION);
            var describe = new[] { "cloudformation:DescribeStackResource", "cloudformation:DescribeStacks" };
            Allow(cloudFormation, immuta, describe, stack.StackId);

            var s3 = AddEndpoint(vpc, immuta, "S3", InterfaceVpcEndpointAwsService.S3);
            var instanceArn = accessGrantsInstance.AccessGrantsInstanceArn;
            Allow(s3, immuta, new[] { "s3:ListAccessGrantsLocations" }, instanceArn);
            // without it, EC2 gives the private names to resolvers outside the VPC only
            ((CfnResource)s3.Node.DefaultChild!).AddPropertyOverride(
                "DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint", "AllResolvers");

            // CloudFormation signs the URL to which the function sends its responses, so the principal is not its role
            var respond = new PolicyStatement(new PolicyStatementProps
            {
                Principals = new IPrincipal[] { new AnyPrincipal() },
                Actions = new[] { "s3:PutObject" },
                Resources = new[] { $"arn:{stack.Partition}:s3:::cloudformation-custom-resource-response-*/*" },
            });
            s3.AddToPolicy(respond);
            // costs nothing, and covers the names of S3 that the other endpoint does not resolve
            vpc.AddGatewayEndpoint("S3Gateway", new GatewayVpcEndpointOptions
            {
                Service = GatewayVpcEndpointAwsService.S3,
            }).AddToPolicy(respond);

            app.Synth();
        }

        /// <summary>Adds an endpoint that only the function can reach.</summary>
        private static InterfaceVpcEndpoint AddEndpoint(
            Vpc vpc, ImmutaTenant immuta, string id, IInterfaceVpcEndpointService service)
        {
            var endpoint = vpc.AddInterfaceEndpoint(id, new InterfaceVpcEndpointOptions
            {
                Service = service,
                Open = false,
                PrivateDnsEnabled = true,
            });
            endpoint.Connections.AllowDefaultPortFrom(immuta);
            return endpoint;
        }

        /// <summary>Lets the function, and no other principal, call these actions through an endpoint.</summary>
        private static void Allow(
            InterfaceVpcEndpoint endpoint, ImmutaTenant immuta, string[] actions, string resource)
        {
            endpoint.AddToPolicy(new PolicyStatement(new PolicyStatementProps
            {
                Principals = new IPrincipal[] { new ArnPrincipal(immuta.HandlerRole!.RoleArn) },
                Actions = actions,
                Resources = new[] { resource },
            }));
        }

        /// <summary>Reads a setting from the context: <c>cdk deploy -c immutaUrl=https://…</c>.</summary>
        private static string Setting(App app, string name)
        {
            return app.Node.TryGetContext(name) as string
                ?? throw new ArgumentException($"'{name}' must be set: pass -c {name}=…");
        }
    }
}
