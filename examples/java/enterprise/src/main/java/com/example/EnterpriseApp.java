package com.example;

import io.github.cdkimmutas3integration.AssumeRoleOptions;
import io.github.cdkimmutas3integration.HandlerProxy;
import io.github.cdkimmutas3integration.ImmutaAuthentication;
import io.github.cdkimmutas3integration.ImmutaS3Integration;
import io.github.cdkimmutas3integration.ImmutaTenant;
import io.github.cdkimmutas3integration.ManagedPolicies;
import io.github.cdkimmutas3integration.S3Location;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Aspects;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.Tags;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.ec2.VpcLookupOptions;
import software.amazon.awscdk.services.iam.ArnPrincipal;
import software.amazon.awscdk.services.iam.ManagedPolicy;
import software.amazon.awscdk.services.iam.PermissionsBoundary;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.kms.IKey;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.logs.RetentionDays;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.Secret;
import software.amazon.awscdk.services.secretsmanager.SecretAttributes;

import java.util.List;

public final class EnterpriseApp {
    public static void main(final String[] args) {
        App app = new App();
        // the lookup of the VPC needs the account and the Region
        Stack stack = new Stack(app, "ImmutaEnterprise", StackProps.builder()
                .env(Environment.builder().account(setting(app, "account")).region(setting(app, "region")).build())
                .build());

        Tags.of(app).add("cost-center", setting(app, "costCenter"));
        PermissionsBoundary.of(app)
                .apply(ManagedPolicy.fromManagedPolicyName(stack, "Boundary", setting(app, "boundaryName")));
        Aspects.of(app).add(new ManagedPolicies()); // the organization forbids inline policies

        // its key policy must allow logs.<region>.amazonaws.com to encrypt the log
        IKey key = Key.fromKeyArn(stack, "Key", setting(app, "keyArn"));

        ImmutaTenant immuta = ImmutaTenant.Builder.create(stack, "Immuta")
                .url(setting(app, "immutaUrl"))
                .apiKey(Secret.fromSecretAttributes(stack, "ApiKey", SecretAttributes.builder()
                        .secretCompleteArn(setting(app, "apiKeySecretArn"))
                        .encryptionKey(key)
                        .build()))
                .role(Role.fromRoleName(stack, "HandlerRole", setting(app, "handlerRoleName")))
                .vpc(Vpc.fromLookup(stack, "Vpc", VpcLookupOptions.builder()
                        .vpcName(setting(app, "vpcName"))
                        .build()))
                // the function reads the credentials without the proxy: the VPC needs an endpoint for Secrets Manager
                .proxy(HandlerProxy.builder()
                        .url(setting(app, "proxyUrl"))
                        .credentials(Secret.fromSecretNameV2(stack, "ProxyCredentials",
                                setting(app, "proxySecretName")))
                        .build())
                .logGroup(LogGroup.Builder.create(stack, "Log")
                        .encryptionKey(key)
                        .retention(RetentionDays.ONE_YEAR)
                        .build())
                .environmentEncryption(key)
                .reservedConcurrentExecutions(10)
                .build();

        ImmutaS3Integration.Builder.create(stack, "Lake")
                .tenant(immuta)
                .location(S3Location.bucket(Bucket.fromBucketName(stack, "Bucket", setting(app, "bucketName"))))
                .encryptionKeys(List.of(key))
                // new roles, with the boundary
                .authentication(ImmutaAuthentication.assumeRole(AssumeRoleOptions.builder()
                        .principal(new ArnPrincipal(setting(app, "immutaPrincipalArn")))
                        .externalId((String) app.getNode().tryGetContext("externalId"))
                        .build()))
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
