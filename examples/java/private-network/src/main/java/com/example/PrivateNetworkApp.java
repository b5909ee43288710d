package com.example;

import io.github.cdkimmutas3integration.AccessGrantsInstance;
import io.github.cdkimmutas3integration.AssumeRoleOptions;
import io.github.cdkimmutas3integration.ImmutaAuthentication;
import io.github.cdkimmutas3integration.ImmutaS3Integration;
import io.github.cdkimmutas3integration.ImmutaTenant;
import io.github.cdkimmutas3integration.S3Location;
import software.amazon.awscdk.App;
import software.amazon.awscdk.CfnResource;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointAwsService;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointOptions;
import software.amazon.awscdk.services.ec2.IInterfaceVpcEndpointService;
import software.amazon.awscdk.services.ec2.InterfaceVpcEndpoint;
import software.amazon.awscdk.services.ec2.InterfaceVpcEndpointAwsService;
import software.amazon.awscdk.services.ec2.InterfaceVpcEndpointOptions;
import software.amazon.awscdk.services.ec2.InterfaceVpcEndpointService;
import software.amazon.awscdk.services.ec2.SubnetConfiguration;
import software.amazon.awscdk.services.ec2.SubnetType;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.iam.AnyPrincipal;
import software.amazon.awscdk.services.iam.ArnPrincipal;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.ISecret;
import software.amazon.awscdk.services.secretsmanager.Secret;

import java.util.List;

public final class PrivateNetworkApp {
    public static void main(final String[] args) {
        App app = new App();
        Stack stack = new Stack(app, "ImmutaPrivateNetwork");

        // no internet gateway and no NAT gateway
        Vpc vpc = Vpc.Builder.create(stack, "Vpc")
                .maxAzs(2)
                .natGateways(0)
                .subnetConfiguration(List.of(SubnetConfiguration.builder()
                        .name("Isolated")
                        .subnetType(SubnetType.PRIVATE_ISOLATED)
                        .build()))
                .build();

        ISecret apiKey = Secret.fromSecretNameV2(stack, "ApiKey", setting(app, "apiKeySecretName"));
        ImmutaTenant immuta = ImmutaTenant.Builder.create(stack, "Immuta")
                .url(setting(app, "immutaUrl"))
                .apiKey(apiKey)
                .vpc(vpc)
                .build();
        AccessGrantsInstance accessGrantsInstance = new AccessGrantsInstance(stack, "AccessGrants");

        ImmutaS3Integration.Builder.create(stack, "Lake")
                .tenant(immuta)
                .location(S3Location.bucket(Bucket.fromBucketName(stack, "Bucket", setting(app, "bucketName"))))
                .authentication(ImmutaAuthentication.assumeRole(AssumeRoleOptions.builder()
                        .principal(new ArnPrincipal(setting(app, "immutaPrincipalArn")))
                        .externalId((String) app.getNode().tryGetContext("externalId"))
                        .build()))
                .accessGrantsInstance(accessGrantsInstance)
                .build();

        // Immuta's private networking: Immuta names its endpoint service, and accepts the connection
        String immutaService = setting(app, "immutaEndpointService");
        addEndpoint(vpc, immuta, "ImmutaEndpoint", new InterfaceVpcEndpointService(immutaService, 443));

        InterfaceVpcEndpoint secretsManager =
                addEndpoint(vpc, immuta, "SecretsManager", InterfaceVpcEndpointAwsService.SECRETS_MANAGER);
        allow(secretsManager, immuta, List.of("secretsmanager:GetSecretValue"), apiKey.getSecretArn() + "-??????");

        // the function continues in another invocation if an operation takes longer than 8 minutes
        InterfaceVpcEndpoint lambda = addEndpoint(vpc, immuta, "Lambda", InterfaceVpcEndpointAwsService.LAMBDA);
        allow(lambda, immuta, List.of("lambda:InvokeFunction"), immuta.getHandlerArn());

        InterfaceVpcEndpoint cloudFormation =
                addEndpoint(vpc, immuta, "CloudFormation", InterfaceVpcEndpointAwsService.CLOUDFORMATION);
        List<String> describe = List.of("cloudformation:DescribeStackResource", "cloudformation:DescribeStacks");
        allow(cloudFormation, immuta, describe, stack.getStackId());

        InterfaceVpcEndpoint s3 = addEndpoint(vpc, immuta, "S3", InterfaceVpcEndpointAwsService.S3);
        String instanceArn = accessGrantsInstance.getAccessGrantsInstanceArn();
        allow(s3, immuta, List.of("s3:ListAccessGrantsLocations"), instanceArn);
        // without it, EC2 gives the private names to resolvers outside the VPC only
        ((CfnResource) s3.getNode().getDefaultChild())
                .addPropertyOverride("DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint", "AllResolvers");

        // CloudFormation signs the URL to which the function sends its responses, so the principal is not its role
        PolicyStatement respond = PolicyStatement.Builder.create()
                .principals(List.of(new AnyPrincipal()))
                .actions(List.of("s3:PutObject"))
                .resources(List.of(
                        "arn:" + stack.getPartition() + ":s3:::cloudformation-custom-resource-response-*/*"))
                .build();
        s3.addToPolicy(respond);
        // costs nothing, and covers the names of S3 that the other endpoint does not resolve
        vpc.addGatewayEndpoint("S3Gateway", GatewayVpcEndpointOptions.builder()
                .service(GatewayVpcEndpointAwsService.S3)
                .build()).addToPolicy(respond);

        app.synth();
    }

    /** Adds an endpoint that only the function can reach. */
    private static InterfaceVpcEndpoint addEndpoint(final Vpc vpc, final ImmutaTenant immuta, final String id,
            final IInterfaceVpcEndpointService service) {
        InterfaceVpcEndpoint endpoint = vpc.addInterfaceEndpoint(id, InterfaceVpcEndpointOptions.builder()
                .service(service)
                .open(false)
                .privateDnsEnabled(true)
                .build());
        endpoint.getConnections().allowDefaultPortFrom(immuta);
        return endpoint;
    }

    /** Lets the function, and no other principal, call these actions through an endpoint. */
    private static void allow(final InterfaceVpcEndpoint endpoint, final ImmutaTenant immuta,
            final List<String> actions, final String resource) {
        endpoint.addToPolicy(PolicyStatement.Builder.create()
                .principals(List.of(new ArnPrincipal(immuta.getHandlerRole().getRoleArn())))
                .actions(actions)
                .resources(List.of(resource))
                .build());
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
