package com.example;

import io.github.cdkimmutas3integration.AssumeRoleOptions;
import io.github.cdkimmutas3integration.ImmutaAuthentication;
import io.github.cdkimmutas3integration.ImmutaS3Integration;
import io.github.cdkimmutas3integration.ImmutaTenant;
import io.github.cdkimmutas3integration.S3Location;
import software.amazon.awscdk.App;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.iam.ArnPrincipal;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.IBucket;
import software.amazon.awscdk.services.secretsmanager.Secret;

public final class QuickstartApp {
    public static void main(final String[] args) {
        App app = new App();
        Stack stack = new Stack(app, "ImmutaQuickstart");

        ImmutaTenant immuta = ImmutaTenant.Builder.create(stack, "Immuta")
                .url(setting(app, "immutaUrl"))
                .apiKey(Secret.fromSecretNameV2(stack, "ApiKey", setting(app, "apiKeySecretName")))
                .build();

        IBucket bucket = Bucket.fromBucketName(stack, "Sales", setting(app, "bucketName"));
        String prefix = (String) app.getNode().tryGetContext("prefix");

        ImmutaS3Integration integration = ImmutaS3Integration.Builder.create(stack, "SalesLake")
                .tenant(immuta)
                .location(prefix != null ? S3Location.prefix(bucket, prefix) : S3Location.bucket(bucket))
                .integrationName((String) app.getNode().tryGetContext("integrationName"))
                .authentication(ImmutaAuthentication.assumeRole(AssumeRoleOptions.builder()
                        .principal(new ArnPrincipal(setting(app, "immutaPrincipalArn")))
                        .externalId((String) app.getNode().tryGetContext("externalId"))
                        .build()))
                .build();

        CfnOutput.Builder.create(stack, "IntegrationId").value(integration.getIntegrationId()).build();
        CfnOutput.Builder.create(stack, "LocationRoleArn").value(integration.getLocationRole().getRoleArn()).build();

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
