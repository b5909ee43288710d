package com.example;

import io.github.cdkimmutas3integration.AccessGrantsInstance;
import io.github.cdkimmutas3integration.ImmutaAuthentication;
import io.github.cdkimmutas3integration.ImmutaS3Integration;
import io.github.cdkimmutas3integration.ImmutaTenant;
import io.github.cdkimmutas3integration.S3Location;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.Secret;

public final class AdoptApp {
    public static void main(final String[] args) {
        App app = new App();
        Stack stack = new Stack(app, "ImmutaAdopted");

        ImmutaTenant immuta = ImmutaTenant.Builder.create(stack, "Immuta")
                .url(setting(app, "immutaUrl"))
                .apiKey(Secret.fromSecretNameV2(stack, "ApiKey", setting(app, "apiKeySecretName")))
                .build();

        ImmutaS3Integration.Builder.create(stack, "Lake")
                .tenant(immuta)
                .adopt(setting(app, "integrationId"))
                .location(S3Location.bucket(Bucket.fromBucketName(stack, "Bucket", setting(app, "bucketName"))))
                .locationRole(Role.fromRoleArn(stack, "LocationRole", setting(app, "locationRoleArn")))
                .authentication(ImmutaAuthentication.existingRole(
                        Role.fromRoleArn(stack, "ImmutaRole", setting(app, "immutaRoleArn"))))
                .accessGrantsInstance(AccessGrantsInstance.fromDefault(stack, "AccessGrants"))
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
