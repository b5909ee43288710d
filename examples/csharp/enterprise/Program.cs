using System;
using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Logs;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using CdkImmutaS3Integration;
using PermissionsBoundary = Amazon.CDK.AWS.IAM.PermissionsBoundary; // not that of Amazon.CDK

namespace Enterprise
{
    internal static class Program
    {
        public static void Main()
        {
            var app = new App();
            // the lookup of the VPC needs the account and the Region
            var stack = new Stack(app, "ImmutaEnterprise", new StackProps
            {
                Env = new Amazon.CDK.Environment { Account = Setting(app, "account"), Region = Setting(app, "region") },
            });

            Tags.Of(app).Add("cost-center", Setting(app, "costCenter"));
            var boundary = ManagedPolicy.FromManagedPolicyName(stack, "Boundary", Setting(app, "boundaryName"));
            PermissionsBoundary.Of(app).Apply(boundary);
            Aspects.Of(app).Add(new ManagedPolicies()); // the organization forbids inline policies

            // its key policy must allow logs.<region>.amazonaws.com to encrypt the log
            var key = Key.FromKeyArn(stack, "Key", Setting(app, "keyArn"));

            var immuta = new ImmutaTenant(stack, "Immuta", new ImmutaTenantProps
            {
                Url = Setting(app, "immutaUrl"),
                ApiKey = Secret.FromSecretAttributes(stack, "ApiKey", new SecretAttributes
                {
                    SecretCompleteArn = Setting(app, "apiKeySecretArn"),
                    EncryptionKey = key,
                }),
                Role = Role.FromRoleName(stack, "HandlerRole", Setting(app, "handlerRoleName")),
                Vpc = Vpc.FromLookup(stack, "Vpc", new VpcLookupOptions { VpcName = Setting(app, "vpcName") }),
                // the function reads the credentials without the proxy: the VPC needs an endpoint for Secrets Manager
                Proxy = new HandlerProxy
                {
                    Url = Setting(app, "proxyUrl"),
                    Credentials = Secret.FromSecretNameV2(
                        stack, "ProxyCredentials", Setting(app, "proxySecretName")),
                },
                LogGroup = new LogGroup(stack, "Log", new LogGroupProps
                {
                    EncryptionKey = key,
                    Retention = RetentionDays.ONE_YEAR,
                }),
                EnvironmentEncryption = key,
                ReservedConcurrentExecutions = 10,
            });

            new ImmutaS3Integration(stack, "Lake", new ImmutaS3IntegrationProps
            {
                Tenant = immuta,
                Location = S3Location.Bucket(Bucket.FromBucketName(stack, "Bucket", Setting(app, "bucketName"))),
                EncryptionKeys = new[] { key },
                // new roles, with the boundary
                Authentication = ImmutaAuthentication.AssumeRole(new AssumeRoleOptions
                {
                    Principal = new ArnPrincipal(Setting(app, "immutaPrincipalArn")),
                    ExternalId = app.Node.TryGetContext("externalId") as string,
                }),
            });

            app.Synth();
        }

        /// <summary>Reads a setting from the context: <c>cdk deploy -c immutaUrl=https://…</c>.</summary>
        private static string Setting(App app, string name)
        {
            return app.Node.TryGetContext(name) as string
                ?? throw new ArgumentException($"'{name}' must be set: pass -c {name}=…");
        }
    }
}
