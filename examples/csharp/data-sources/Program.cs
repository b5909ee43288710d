using System;
using System.Linq;
using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using CdkImmutaS3Integration;

namespace DataSources
{
    internal static class Program
    {
        public static void Main()
        {
            var app = new App();
            var stack = new Stack(app, "ImmutaDataSources");

            var immuta = new ImmutaTenant(stack, "Immuta", new ImmutaTenantProps
            {
                Url = Setting(app, "immutaUrl"),
                ApiKey = Secret.FromSecretNameV2(stack, "ApiKey", Setting(app, "apiKeySecretName")),
            });

            var integration = new ImmutaS3Integration(stack, "SalesLake", new ImmutaS3IntegrationProps
            {
                Tenant = immuta,
                Location = S3Location.Bucket(Bucket.FromBucketName(stack, "Sales", Setting(app, "bucketName"))),
                Authentication = ImmutaAuthentication.AssumeRole(new AssumeRoleOptions
                {
                    Principal = new ArnPrincipal(Setting(app, "immutaPrincipalArn")),
                    ExternalId = app.Node.TryGetContext("externalId") as string,
                }),
            });

            // "orders/,returns/" gives the data sources "Sales orders" and "Sales returns"
            var prefixes = Setting(app, "dataSourcePrefixes").Split(',');
            var curated = integration.AddDataSources("Curated", new DataSourcesOptions
            {
                DataSources = prefixes.ToDictionary(prefix => $"Sales {prefix.Replace("/", "")}", prefix => prefix),
                RemovalMode = DataSourceRemovalMode.DELETE,
            });

            new CfnOutput(stack, "DataSourceIds", new CfnOutputProps
            {
                Value = string.Join(",", curated.DataSourceIds.Values),
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
