package com.example;

import io.github.cdkimmutas3integration.AssumeRoleOptions;
import io.github.cdkimmutas3integration.DataSourceRemovalMode;
import io.github.cdkimmutas3integration.DataSourcesOptions;
import io.github.cdkimmutas3integration.ImmutaAuthentication;
import io.github.cdkimmutas3integration.ImmutaS3DataSources;
import io.github.cdkimmutas3integration.ImmutaS3Integration;
import io.github.cdkimmutas3integration.ImmutaTenant;
import io.github.cdkimmutas3integration.S3Location;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awscdk.App;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.iam.ArnPrincipal;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.Secret;

public final class DataSourcesApp {
    public static void main(final String[] args) {
        App app = new App();
        Stack stack = new Stack(app, "ImmutaDataSources");

        ImmutaTenant immuta = ImmutaTenant.Builder.create(stack, "Immuta")
                .url(setting(app, "immutaUrl"))
                .apiKey(Secret.fromSecretNameV2(stack, "ApiKey", setting(app, "apiKeySecretName")))
                .build();

        ImmutaS3Integration integration = ImmutaS3Integration.Builder.create(stack, "SalesLake")
                .tenant(immuta)
                .location(S3Location.bucket(Bucket.fromBucketName(stack, "Sales", setting(app, "bucketName"))))
                .authentication(ImmutaAuthentication.assumeRole(AssumeRoleOptions.builder()
                        .principal(new ArnPrincipal(setting(app, "immutaPrincipalArn")))
                        .externalId((String) app.getNode().tryGetContext("externalId"))
                        .build()))
                .build();

        // 'orders/,returns/' gives the data sources 'Sales orders' and 'Sales returns'
        Map<String, String> dataSources = new LinkedHashMap<>();
        for (String prefix : setting(app, "dataSourcePrefixes").split(",")) {
            dataSources.put("Sales " + prefix.replace("/", ""), prefix);
        }
        ImmutaS3DataSources curated = integration.addDataSources("Curated", DataSourcesOptions.builder()
                .dataSources(dataSources)
                .removalMode(DataSourceRemovalMode.DELETE)
                .build());

        CfnOutput.Builder.create(stack, "DataSourceIds")
                .value(String.join(",", curated.getDataSourceIds().values()))
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
