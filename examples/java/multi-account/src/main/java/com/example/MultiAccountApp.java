package com.example;

import io.github.cdkimmutas3integration.AssumeRoleOptions;
import io.github.cdkimmutas3integration.ImmutaAuthentication;
import io.github.cdkimmutas3integration.ImmutaS3Integration;
import io.github.cdkimmutas3integration.ImmutaTenant;
import io.github.cdkimmutas3integration.S3Location;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.Stage;
import software.amazon.awscdk.Tags;
import software.amazon.awscdk.services.iam.ArnPrincipal;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.Secret;

import java.util.List;

public final class MultiAccountApp {
    public static void main(final String[] args) {
        App app = new App();
        String testAccount = setting(app, "testAccount");
        String productionAccount = setting(app, "productionAccount");

        createStage(app, "Test", List.of(
                Environment.builder().account(testAccount).region("us-east-1").build()));
        createStage(app, "Production", List.of(
                Environment.builder().account(productionAccount).region("us-east-1").build(),
                Environment.builder().account(productionAccount).region("eu-west-1").build()));

        app.synth();
    }

    /** Creates the lakes of one stage. */
    private static void createStage(final App app, final String id, final List<Environment> environments) {
        Stage stage = Stage.Builder.create(app, id).build();
        for (Environment env : environments) {
            String bucketName = setting(app, "bucketName") + "-" + env.getAccount() + "-" + env.getRegion();
            createStack(app, stage, "Lake-" + env.getRegion(), bucketName, env);
        }
        Tags.of(stage).add("stage", id); // tags and other Aspects of the app do not reach the stacks of a stage
    }

    /**
     * Creates all that one account and Region needs. S3 Access Grants has one instance for each of them, and its
     * function and its secret must be there, too.
     */
    private static void createStack(final App app, final Stage stage, final String id, final String bucketName,
            final Environment env) {
        Stack stack = new Stack(stage, id, StackProps.builder().env(env).build());

        ImmutaTenant immuta = ImmutaTenant.Builder.create(stack, "Immuta")
                .url(setting(app, "immutaUrl"))
                .apiKey(Secret.fromSecretNameV2(stack, "ApiKey", setting(app, "apiKeySecretName")))
                .build();

        ImmutaS3Integration.Builder.create(stack, "Lake")
                .tenant(immuta)
                .integrationName(bucketName) // names are unique in Immuta
                .location(S3Location.bucket(Bucket.fromBucketName(stack, "Bucket", bucketName)))
                .authentication(ImmutaAuthentication.assumeRole(AssumeRoleOptions.builder()
                        .principal(new ArnPrincipal(setting(app, "immutaPrincipalArn")))
                        .externalId((String) app.getNode().tryGetContext("externalId"))
                        .build()))
                .build();
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
