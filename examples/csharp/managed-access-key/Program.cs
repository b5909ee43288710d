using System;
using System.Collections.Generic;
using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.CloudWatch.Actions;
using Amazon.CDK.AWS.Events;
using Amazon.CDK.AWS.Events.Targets;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using Amazon.CDK.AWS.SNS;
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

            var topic = new Topic(stack, "RotationTopic", new TopicProps { EnforceSSL = true });
            // EnforceSSL replaces the default policy of the topic, which allows alarms to publish
            topic.GrantPublish(new ServicePrincipal("cloudwatch.amazonaws.com"));

            // ALARM after a failed step, OK after the next rotation or deployment that succeeds
            var alarm = new Alarm(stack, "RotationFailed", new AlarmProps
            {
                AlarmDescription = "The rotation of the access key failed: see the log of the function",
                Metric = integration.MetricKeyRotationFailed(),
                Threshold = 1,
                EvaluationPeriods = 1,
                TreatMissingData = TreatMissingData.IGNORE,
            });
            alarm.AddAlarmAction(new SnsAction(topic));

            // every rotation, as Secrets Manager reports it to CloudTrail and EventBridge
            new Rule(stack, "Rotations", new RuleProps
            {
                EventPattern = new EventPattern
                {
                    Source = new[] { "aws.secretsmanager" },
                    DetailType = new[] { "AWS Service Event via CloudTrail" },
                    Detail = new Dictionary<string, object>
                    {
                        ["eventName"] = new[] { "RotationSucceeded", "RotationFailed", "RotationAbandoned" },
                        ["additionalEventData"] = new Dictionary<string, object>
                        {
                            ["SecretId"] = new[] { integration.AccessKeySecret!.SecretArn },
                        },
                    },
                },
                Targets = new IRuleTarget[]
                {
                    new SnsTopic(topic),
                },
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
