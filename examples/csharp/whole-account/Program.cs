using System;
using System.Linq;
using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using CdkImmutaS3Integration;

namespace WholeAccount
{
    internal static class Program
    {
        public static void Main()
        {
            var app = new App();
            var stack = new Stack(app, "ImmutaWholeAccount");

            var immuta = new ImmutaTenant(stack, "Immuta", new ImmutaTenantProps
            {
                Url = Setting(app, "immutaUrl"),
                ApiKey = Secret.FromSecretNameV2(stack, "ApiKey", Setting(app, "apiKeySecretName")),
                ApiKeyField = "apiKey", // the secret is {"apiKey": "…"}
            });

            var instance = new AccessGrantsInstance(stack, "AccessGrants", new AccessGrantsInstanceProps
            {
                RemovalPolicy = RemovalPolicy.RETAIN,
            });
            var buckets = Setting(app, "bucketNames").Split(',')
                .Select(name => Bucket.FromBucketName(stack, $"Bucket-{name}", name))
                .ToArray();

            var integration = new ImmutaS3Integration(stack, "Lakes", new ImmutaS3IntegrationProps
            {
                Tenant = immuta,
                IntegrationName = "lakes",
                // Immuta governs s3://, and reaches these buckets
                Location = S3Location.AllBuckets(new AllBucketsOptions { Buckets = buckets }),
                Access = LocationAccess.READ_ONLY,
                EncryptionKeys = new[] { Key.FromKeyArn(stack, "Key", Setting(app, "keyArn")) },
                Authentication = ImmutaAuthentication.AssumeRole(new AssumeRoleOptions
                {
                    Principal = new ArnPrincipal(Setting(app, "immutaPrincipalArn")),
                    ExternalId = app.Node.TryGetContext("externalId") as string,
                }),
                AccessGrantsInstance = instance,
                Timeout = Duration.Minutes(45),
                RemovalPolicy = RemovalPolicy.RETAIN,
            });

            instance.GrantDataAccess(Role.FromRoleName(stack, "Analysts", Setting(app, "analystsRoleName")));

            new CfnOutput(stack, "IntegrationName", new CfnOutputProps { Value = integration.IntegrationName });
            new CfnOutput(stack, "ImmutaRoleArn", new CfnOutputProps { Value = integration.ImmutaRole!.RoleArn });

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
