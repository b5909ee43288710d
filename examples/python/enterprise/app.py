from aws_cdk import App, Aspects, Environment, Stack, Tags
from aws_cdk.aws_ec2 import Vpc
from aws_cdk.aws_iam import ArnPrincipal, ManagedPolicy, PermissionsBoundary, Role
from aws_cdk.aws_kms import Key
from aws_cdk.aws_logs import LogGroup, RetentionDays
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret
from cdk_immuta_s3_integration import (
    HandlerProxy,
    ImmutaAuthentication,
    ImmutaS3Integration,
    ImmutaTenant,
    ManagedPolicies,
    S3Location,
)

app = App()


def setting(name: str) -> str:
    """Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`."""
    value = app.node.try_get_context(name)
    if not value:
        raise SystemExit(f"'{name}' must be set: pass -c {name}=…")
    return value


# the lookup of the VPC needs the account and the Region
stack = Stack(app, "ImmutaEnterprise", env=Environment(account=setting("account"), region=setting("region")))

Tags.of(app).add("cost-center", setting("costCenter"))
PermissionsBoundary.of(app).apply(ManagedPolicy.from_managed_policy_name(stack, "Boundary", setting("boundaryName")))
Aspects.of(app).add(ManagedPolicies())  # the organization forbids inline policies

# its key policy must allow logs.<region>.amazonaws.com to encrypt the log
key = Key.from_key_arn(stack, "Key", setting("keyArn"))

immuta = ImmutaTenant(
    stack,
    "Immuta",
    url=setting("immutaUrl"),
    api_key=Secret.from_secret_attributes(
        stack, "ApiKey", secret_complete_arn=setting("apiKeySecretArn"), encryption_key=key
    ),
    role=Role.from_role_name(stack, "HandlerRole", setting("handlerRoleName")),
    vpc=Vpc.from_lookup(stack, "Vpc", vpc_name=setting("vpcName")),
    # the function reads the credentials without the proxy, so the VPC needs an endpoint for Secrets Manager
    proxy=HandlerProxy(
        url=setting("proxyUrl"),
        credentials=Secret.from_secret_name_v2(stack, "ProxyCredentials", setting("proxySecretName")),
    ),
    log_group=LogGroup(stack, "Log", encryption_key=key, retention=RetentionDays.ONE_YEAR),
    environment_encryption=key,
    reserved_concurrent_executions=10,
)

ImmutaS3Integration(
    stack,
    "Lake",
    tenant=immuta,
    location=S3Location.bucket(Bucket.from_bucket_name(stack, "Bucket", setting("bucketName"))),
    encryption_keys=[key],
    # new roles, with the boundary
    authentication=ImmutaAuthentication.assume_role(
        principal=ArnPrincipal(setting("immutaPrincipalArn")),
        external_id=app.node.try_get_context("externalId"),
    ),
)

app.synth()
