using System;
using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using CdkImmutaS3Integration;

namespace ExistingInstance
{
    internal static class Program
    {
        public static void Main()
        {
            var app = new App();
            var stack = new Stack(app, "ImmutaExistingInstance");

            var immuta = new ImmutaTenant(stack, "Immuta", new ImmutaTenantProps
            {
                Url = Setting(app, "immutaUrl"),
                ApiKey = Secret.FromSecretNameV2(stack, "ApiKey", Setting(app, "apiKeySecretName")),
            });

            new ImmutaS3Integration(stack, "Lake", new ImmutaS3IntegrationProps
            {
                Tenant = immuta,
                Location = S3Location.Bucket(Bucket.FromBucketName(stack, "Bucket", Setting(app, "bucketName"))),
                Authentication = ImmutaAuthentication.AssumeRole(new AssumeRoleOptions
                {
                    Principal = new ArnPrincipal(Setting(app, "immutaPrincipalArn")),
                    ExternalId = app.Node.TryGetContext("externalId") as string,
                }),
                AccessGrantsInstance = new AdoptingAccessGrantsInstance(stack, "AccessGrants"),
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
