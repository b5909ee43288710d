from aws_cdk import App, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk.aws_iam import AnyPrincipal, ArnPrincipal, PolicyStatement
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret
from cdk_immuta_s3_integration import (
    AccessGrantsInstance,
    ImmutaAuthentication,
    ImmutaS3Integration,
    ImmutaTenant,
    S3Location,
)

app = App()


def setting(name: str) -> str:
    """Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`."""
    value = app.node.try_get_context(name)
    if not value:
        raise SystemExit(f"'{name}' must be set: pass -c {name}=…")
    return value


stack = Stack(app, "ImmutaPrivateNetwork")

# no internet gateway and no NAT gateway
vpc = ec2.Vpc(
    stack,
    "Vpc",
    max_azs=2,
    nat_gateways=0,
    subnet_configuration=[ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)],
)

api_key = Secret.from_secret_name_v2(stack, "ApiKey", setting("apiKeySecretName"))
immuta = ImmutaTenant(stack, "Immuta", url=setting("immutaUrl"), api_key=api_key, vpc=vpc)
access_grants_instance = AccessGrantsInstance(stack, "AccessGrants")

ImmutaS3Integration(
    stack,
    "Lake",
    tenant=immuta,
    location=S3Location.bucket(Bucket.from_bucket_name(stack, "Bucket", setting("bucketName"))),
    authentication=ImmutaAuthentication.assume_role(
        principal=ArnPrincipal(setting("immutaPrincipalArn")),
        external_id=app.node.try_get_context("externalId"),
    ),
    access_grants_instance=access_grants_instance,
)


def add_endpoint(id: str, service: ec2.IInterfaceVpcEndpointService) -> ec2.InterfaceVpcEndpoint:
    """Adds an endpoint that only the function can reach."""
    endpoint = vpc.add_interface_endpoint(id, service=service, open=False, private_dns_enabled=True)
    endpoint.connections.allow_default_port_from(immuta)
    return endpoint


def allow(endpoint: ec2.InterfaceVpcEndpoint, actions: list[str], resource: str) -> None:
    """Lets the function, and no other principal, call these actions through an endpoint."""
    principals = [ArnPrincipal(immuta.handler_role.role_arn)]
    endpoint.add_to_policy(PolicyStatement(principals=principals, actions=actions, resources=[resource]))


# Immuta's private networking: Immuta names its endpoint service, and accepts the connection
add_endpoint("ImmutaEndpoint", ec2.InterfaceVpcEndpointService(setting("immutaEndpointService"), 443))

secrets_manager = add_endpoint("SecretsManager", ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER)
allow(secrets_manager, ["secretsmanager:GetSecretValue"], f"{api_key.secret_arn}-??????")

# the function continues in another invocation if an operation takes longer than 8 minutes
lambda_endpoint = add_endpoint("Lambda", ec2.InterfaceVpcEndpointAwsService.LAMBDA_)
allow(lambda_endpoint, ["lambda:InvokeFunction"], immuta.handler_arn)

cloud_formation = add_endpoint("CloudFormation", ec2.InterfaceVpcEndpointAwsService.CLOUDFORMATION)
allow(cloud_formation, ["cloudformation:DescribeStackResource", "cloudformation:DescribeStacks"], stack.stack_id)

s3 = add_endpoint("S3", ec2.InterfaceVpcEndpointAwsService.S3)
allow(s3, ["s3:ListAccessGrantsLocations"], access_grants_instance.access_grants_instance_arn)
# without it, EC2 gives the private names to resolvers outside the VPC only
s3.node.default_child.add_property_override("DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint", "AllResolvers")

# CloudFormation signs the URL to which the function sends its responses, so the principal is not the function's role
respond = PolicyStatement(
    principals=[AnyPrincipal()],
    actions=["s3:PutObject"],
    resources=[f"arn:{stack.partition}:s3:::cloudformation-custom-resource-response-*/*"],
)
s3.add_to_policy(respond)
# costs nothing, and covers the names of S3 that the other endpoint does not resolve
gateway = vpc.add_gateway_endpoint("S3Gateway", service=ec2.GatewayVpcEndpointAwsService.S3)
gateway.add_to_policy(respond)

app.synth()
