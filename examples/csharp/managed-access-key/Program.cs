using System;
using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.Events;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using CdkImmutaS3Integration;

namespace ManagedAccessKey
{
    internal static class Program
    {
        public static void Main()
        {
            var app = new App();
            var stack = new Stack(app, "ImmutaManagedAccessKey");

            var immuta = new ImmutaTenant(stack, "Immuta", new ImmutaTenantProps
            {
                Url = Setting(app, "immutaUrl"),
                ApiKey = Secret.FromSecretNameV2(stack, "ApiKey", Setting(app, "apiKeySecretName")),
            });

            var integration = new ImmutaS3Integration(stack, "Lake", new ImmutaS3IntegrationProps
            {
                Tenant = immuta,
                Location = S3Location.Bucket(Bucket.FromBucketName(stack, "Bucket", Setting(app, "bucketName"))),
                Authentication = ImmutaAuthentication.ManagedAccessKey(new ManagedAccessKeyOptions
                {
                    Rotation = Schedule.Rate(Duration.Days(90)),
                }),
            });

            new Alarm(stack, "RotationFailed", new AlarmProps
            {
                AlarmDescription = "Immuta goes on with the access key that it has; the log of the function says why",
                Metric = integration.MetricKeyRotationFailed(new MetricOptions { Period = Duration.Days(1) }),
                Threshold = 1,
                EvaluationPeriods = 1,
                TreatMissingData = TreatMissingData.IGNORE,
            });

            app.Synth();
        }

        /// <summary>What differs from one company to the next comes from the context: <c>cdk deploy -c immutaUrl=https://…</c>.</summary>
        private static string Setting(App app, string name)
        {
            return app.Node.TryGetContext(name) as string
                ?? throw new ArgumentException($"'{name}' is not set, say -c {name}=…, see ../quickstart/README.md");
        }
    }
}
