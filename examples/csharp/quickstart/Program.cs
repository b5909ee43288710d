using System;
using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using CdkImmutaS3Integration;

namespace Quickstart
{
    internal static class Program
    {
        public static void Main()
        {
            var app = new App();
            var stack = new Stack(app, "ImmutaQuickstart");

            var immuta = new ImmutaTenant(stack, "Immuta", new ImmutaTenantProps
            {
                Url = Setting(app, "immutaUrl"),
                ApiKey = Secret.FromSecretNameV2(stack, "ApiKey", Setting(app, "apiKeySecretName")),
            });

            var bucket = Bucket.FromBucketName(stack, "Sales", Setting(app, "bucketName"));
            var prefix = app.Node.TryGetContext("prefix") as string;

            var integration = new ImmutaS3Integration(stack, "SalesLake", new ImmutaS3IntegrationProps
            {
                Tenant = immuta,
                Location = prefix != null ? S3Location.Prefix(bucket, prefix) : S3Location.Bucket(bucket),
                IntegrationName = app.Node.TryGetContext("integrationName") as string,
                Authentication = ImmutaAuthentication.AssumeRole(new AssumeRoleOptions
                {
                    Principal = new ArnPrincipal(Setting(app, "immutaPrincipalArn")),
                    ExternalId = app.Node.TryGetContext("externalId") as string,
                }),
            });

            new CfnOutput(stack, "IntegrationId", new CfnOutputProps { Value = integration.IntegrationId });
            new CfnOutput(stack, "LocationRoleArn", new CfnOutputProps { Value = integration.LocationRole.RoleArn });

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
