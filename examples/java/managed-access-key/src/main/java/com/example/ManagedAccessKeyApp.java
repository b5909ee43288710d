package com.example;

import io.github.cdkimmutas3integration.ImmutaAuthentication;
import io.github.cdkimmutas3integration.ImmutaS3Integration;
import io.github.cdkimmutas3integration.ImmutaTenant;
import io.github.cdkimmutas3integration.ManagedAccessKeyOptions;
import io.github.cdkimmutas3integration.S3Location;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.cloudwatch.Alarm;
import software.amazon.awscdk.services.cloudwatch.TreatMissingData;
import software.amazon.awscdk.services.cloudwatch.actions.SnsAction;
import software.amazon.awscdk.services.events.EventPattern;
import software.amazon.awscdk.services.events.Rule;
import software.amazon.awscdk.services.events.Schedule;
import software.amazon.awscdk.services.events.targets.SnsTopic;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.Secret;
import software.amazon.awscdk.services.sns.Topic;

import java.util.List;
import java.util.Map;

public final class ManagedAccessKeyApp {
    public static void main(final String[] args) {
        App app = new App();
        Stack stack = new Stack(app, "ImmutaManagedAccessKey");

        ImmutaTenant immuta = ImmutaTenant.Builder.create(stack, "Immuta")
                .url(setting(app, "immutaUrl"))
                .apiKey(Secret.fromSecretNameV2(stack, "ApiKey", setting(app, "apiKeySecretName")))
                .build();

        ImmutaS3Integration integration = ImmutaS3Integration.Builder.create(stack, "Lake")
                .tenant(immuta)
                .location(S3Location.bucket(Bucket.fromBucketName(stack, "Bucket", setting(app, "bucketName"))))
                .authentication(ImmutaAuthentication.managedAccessKey(ManagedAccessKeyOptions.builder()
                        .rotation(Schedule.rate(Duration.days(90)))
                        .build()))
                .build();

        Topic topic = Topic.Builder.create(stack, "RotationTopic").enforceSsl(true).build();
        // enforceSsl replaces the default policy of the topic, which allows alarms to publish
        topic.grantPublish(new ServicePrincipal("cloudwatch.amazonaws.com"));

        // ALARM after a failed step, OK after the next rotation or deployment that succeeds
        Alarm alarm = Alarm.Builder.create(stack, "RotationFailed")
                .alarmDescription("The rotation of the access key failed: see the log of the function")
                .metric(integration.metricKeyRotationFailed())
                .threshold(1)
                .evaluationPeriods(1)
                .treatMissingData(TreatMissingData.IGNORE)
                .build();
        alarm.addAlarmAction(new SnsAction(topic));

        // every rotation, as Secrets Manager reports it to CloudTrail and EventBridge
        Rule.Builder.create(stack, "Rotations")
                .eventPattern(EventPattern.builder()
                        .source(List.of("aws.secretsmanager"))
                        .detailType(List.of("AWS Service Event via CloudTrail"))
                        .detail(Map.of(
                                "eventName", List.of("RotationSucceeded", "RotationFailed", "RotationAbandoned"),
                                "additionalEventData",
                                Map.of("SecretId", List.of(integration.getAccessKeySecret().getSecretArn()))))
                        .build())
                .targets(List.of(new SnsTopic(topic)))
                .build();

        app.synth();
    }

    /** Reads a setting from the context: {@code cdk deploy -c immutaUrl=https://…}. */
    private static String setting(final App app, final String name) {
        Object value = app.getNode().tryGetContext(name);
        if (value == null) {
            throw new IllegalArgumentException("'" + name + "' must be set: pass -c " + name + "=…");
        }
        return (String) value;
    }
}
