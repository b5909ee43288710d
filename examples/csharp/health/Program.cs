using System;
using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.Events;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using Amazon.CDK.AWS.SNS;
using Amazon.CDK.AWS.SNS.Subscriptions;
using CdkImmutaS3Integration;

namespace Health
{
    internal static class Program
    {
        public static void Main()
        {
            var app = new App();
            var stack = new Stack(app, "ImmutaHealth");

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
                DiagnosePermissions = true, // the check also reports what AWS denies Immuta's role
            });

            var topic = new Topic(stack, "Alarms", new TopicProps { EnforceSSL = true });
            topic.AddSubscription(new EmailSubscription(Setting(app, "email")));
            // EnforceSSL replaces the default policy of the topic, which allows alarms to publish
            topic.GrantPublish(new ServicePrincipal("cloudwatch.amazonaws.com"));

            // one schedule and one alarm for all integrations of the tenant, also those that are defined later
            var check = immuta.AddHealthCheck(new HealthCheckOptions
            {
                Schedule = Schedule.Rate(Duration.Hours(1)),
                AlarmTopic = topic,
            });

            new Dashboard(stack, "Dashboard", new DashboardProps { Widgets = new[] { check.DashboardWidgets() } });

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
