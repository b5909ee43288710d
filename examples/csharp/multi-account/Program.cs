using System;
using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using CdkImmutaS3Integration;
using Environment = Amazon.CDK.Environment;

namespace MultiAccount
{
    internal static class Program
    {
        public static void Main()
        {
            var app = new App();
            var testAccount = Setting(app, "testAccount");
            var productionAccount = Setting(app, "productionAccount");

            CreateStage(app, "Test", new[]
            {
                new Environment { Account = testAccount, Region = "us-east-1" },
            });
            CreateStage(app, "Production", new[]
            {
                new Environment { Account = productionAccount, Region = "us-east-1" },
                new Environment { Account = productionAccount, Region = "eu-west-1" },
            });

            app.Synth();
        }

        /// <summary>Creates the lakes of one stage.</summary>
        private static void CreateStage(App app, string id, Environment[] environments)
        {
            var stage = new Stage(app, id);
            foreach (var env in environments)
            {
                var bucketName = $"{Setting(app, "bucketName")}-{env.Account}-{env.Region}";
                CreateStack(app, stage, $"Lake-{env.Region}", bucketName, env);
            }
            Tags.Of(stage).Add("stage", id); // tags and other Aspects of the app do not reach the stacks of a stage
        }

        /// <summary>
        /// Creates all that one account and Region needs. S3 Access Grants has one instance for each of them, and its
        /// function and its secret must be there, too.
        /// </summary>
        private static void CreateStack(App app, Stage stage, string id, string bucketName, Environment env)
        {
            var stack = new Stack(stage, id, new StackProps { Env = env });

            var immuta = new ImmutaTenant(stack, "Immuta", new ImmutaTenantProps
            {
                Url = Setting(app, "immutaUrl"),
                ApiKey = Secret.FromSecretNameV2(stack, "ApiKey", Setting(app, "apiKeySecretName")),
            });

            new ImmutaS3Integration(stack, "Lake", new ImmutaS3IntegrationProps
            {
                Tenant = immuta,
                IntegrationName = bucketName, // names are unique in Immuta
                Location = S3Location.Bucket(Bucket.FromBucketName(stack, "Bucket", bucketName)),
                Authentication = ImmutaAuthentication.AssumeRole(new AssumeRoleOptions
                {
                    Principal = new ArnPrincipal(Setting(app, "immutaPrincipalArn")),
                    ExternalId = app.Node.TryGetContext("externalId") as string,
                }),
            });
        }

        /// <summary>Reads a setting from the context: <c>cdk deploy -c immutaUrl=https://…</c>.</summary>
        private static string Setting(App app, string name)
        {
            return app.Node.TryGetContext(name) as string
                ?? throw new ArgumentException($"'{name}' must be set: pass -c {name}=…");
        }
    }
}
