package com.example;

import io.github.cdkimmutas3integration.AccessGrantsInstance;
import io.github.cdkimmutas3integration.AllBucketsOptions;
import io.github.cdkimmutas3integration.AssumeRoleOptions;
import io.github.cdkimmutas3integration.ImmutaAuthentication;
import io.github.cdkimmutas3integration.ImmutaS3Integration;
import io.github.cdkimmutas3integration.ImmutaTenant;
import io.github.cdkimmutas3integration.LocationAccess;
import io.github.cdkimmutas3integration.S3Location;
import java.util.List;
import java.util.stream.Stream;
import software.amazon.awscdk.App;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.iam.ArnPrincipal;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.IBucket;
import software.amazon.awscdk.services.secretsmanager.Secret;

public final class WholeAccountApp {
    public static void main(final String[] args) {
        App app = new App();
        Stack stack = new Stack(app, "ImmutaWholeAccount");

        ImmutaTenant immuta = ImmutaTenant.Builder.create(stack, "Immuta")
                .url(setting(app, "immutaUrl"))
                .apiKey(Secret.fromSecretNameV2(stack, "ApiKey", setting(app, "apiKeySecretName")))
                .apiKeyField("apiKey") // the secret is {"apiKey": "…"}
                .build();

        AccessGrantsInstance instance = AccessGrantsInstance.Builder.create(stack, "AccessGrants")
                .removalPolicy(RemovalPolicy.RETAIN)
                .build();
        List<IBucket> buckets = Stream.of(setting(app, "bucketNames").split(","))
                .map(name -> Bucket.fromBucketName(stack, "Bucket-" + name, name))
                .toList();

        ImmutaS3Integration integration = ImmutaS3Integration.Builder.create(stack, "Lakes")
                .tenant(immuta)
                .integrationName("lakes")
                // Immuta governs s3://, and reaches these buckets
                .location(S3Location.allBuckets(AllBucketsOptions.builder().buckets(buckets).build()))
                .access(LocationAccess.READ_ONLY)
                .encryptionKeys(List.of(Key.fromKeyArn(stack, "Key", setting(app, "keyArn"))))
                .authentication(ImmutaAuthentication.assumeRole(AssumeRoleOptions.builder()
                        .principal(new ArnPrincipal(setting(app, "immutaPrincipalArn")))
                        .externalId((String) app.getNode().tryGetContext("externalId"))
                        .build()))
                .accessGrantsInstance(instance)
                .timeout(Duration.minutes(45))
                .removalPolicy(RemovalPolicy.RETAIN)
                .build();

        instance.grantDataAccess(Role.fromRoleName(stack, "Analysts", setting(app, "analystsRoleName")));

        CfnOutput.Builder.create(stack, "IntegrationName").value(integration.getIntegrationName()).build();
        CfnOutput.Builder.create(stack, "ImmutaRoleArn").value(integration.getImmutaRole().getRoleArn()).build();

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
