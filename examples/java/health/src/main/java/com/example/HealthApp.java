package com.example;

import io.github.cdkimmutas3integration.AssumeRoleOptions;
import io.github.cdkimmutas3integration.HealthCheck;
import io.github.cdkimmutas3integration.HealthCheckOptions;
import io.github.cdkimmutas3integration.ImmutaAuthentication;
import io.github.cdkimmutas3integration.ImmutaS3Integration;
import io.github.cdkimmutas3integration.ImmutaTenant;
import io.github.cdkimmutas3integration.S3Location;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.cloudwatch.Dashboard;
import software.amazon.awscdk.services.events.Schedule;
import software.amazon.awscdk.services.iam.ArnPrincipal;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.Secret;
import software.amazon.awscdk.services.sns.Topic;
import software.amazon.awscdk.services.sns.subscriptions.EmailSubscription;

import java.util.List;

public final class HealthApp {
    public static void main(final String[] args) {
        App app = new App();
        Stack stack = new Stack(app, "ImmutaHealth");

        ImmutaTenant immuta = ImmutaTenant.Builder.create(stack, "Immuta")
                .url(setting(app, "immutaUrl"))
                .apiKey(Secret.fromSecretNameV2(stack, "ApiKey", setting(app, "apiKeySecretName")))
                .build();

        ImmutaS3Integration.Builder.create(stack, "Lake")
                .tenant(immuta)
                .location(S3Location.bucket(Bucket.fromBucketName(stack, "Bucket", setting(app, "bucketName"))))
                .authentication(ImmutaAuthentication.assumeRole(AssumeRoleOptions.builder()
                        .principal(new ArnPrincipal(setting(app, "immutaPrincipalArn")))
                        .externalId((String) app.getNode().tryGetContext("externalId"))
                        .build()))
                .diagnosePermissions(true) // the check also reports what AWS denies Immuta's role
                .build();

        Topic topic = Topic.Builder.create(stack, "Alarms").enforceSsl(true).build();
        topic.addSubscription(new EmailSubscription(setting(app, "email")));
        // enforceSsl replaces the default policy of the topic, which allows alarms to publish
        topic.grantPublish(new ServicePrincipal("cloudwatch.amazonaws.com"));

        // one schedule and one alarm for all integrations of the tenant, also those that are defined later
        HealthCheck check = immuta.addHealthCheck(HealthCheckOptions.builder()
                .schedule(Schedule.rate(Duration.hours(1)))
                .alarmTopic(topic)
                .build());

        Dashboard.Builder.create(stack, "Dashboard").widgets(List.of(check.dashboardWidgets())).build();

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
