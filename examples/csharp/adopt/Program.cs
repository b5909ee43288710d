using System;
using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using CdkImmutaS3Integration;

namespace Adopt
{
    internal static class Program
    {
        public static void Main()
        {
            var app = new App();
            var stack = new Stack(app, "ImmutaAdopted");

            var immuta = new ImmutaTenant(stack, "Immuta", new ImmutaTenantProps
            {
                Url = Setting(app, "immutaUrl"),
                ApiKey = Secret.FromSecretNameV2(stack, "ApiKey", Setting(app, "apiKeySecretName")),
            });

            new ImmutaS3Integration(stack, "Lake", new ImmutaS3IntegrationProps
            {
                Tenant = immuta,
                Adopt = Setting(app, "integrationId"),
                Location = S3Location.Bucket(Bucket.FromBucketName(stack, "Bucket", Setting(app, "bucketName"))),
                LocationRole = Role.FromRoleArn(stack, "LocationRole", Setting(app, "locationRoleArn")),
                Authentication = ImmutaAuthentication.ExistingRole(
                    Role.FromRoleArn(stack, "ImmutaRole", Setting(app, "immutaRoleArn"))),
                AccessGrantsInstance = AccessGrantsInstance.FromDefault(stack, "AccessGrants"),
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
