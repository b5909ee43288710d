from aws_cdk import App, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk.aws_iam import ArnPrincipal, Role
from aws_cdk.aws_kms import Key
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret
from cdk_immuta_s3_integration import (
    AccessGrantsInstance,
    ImmutaAuthentication,
    ImmutaS3Integration,
    ImmutaTenant,
    LocationAccess,
    S3Location,
)

app = App()


def setting(name: str) -> str:
    """Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`."""
    value = app.node.try_get_context(name)
    if not value:
        raise SystemExit(f"'{name}' must be set: pass -c {name}=…")
    return value


stack = Stack(app, "ImmutaWholeAccount")

immuta = ImmutaTenant(
    stack,
    "Immuta",
    url=setting("immutaUrl"),
    api_key=Secret.from_secret_name_v2(stack, "ApiKey", setting("apiKeySecretName")),
    api_key_field="apiKey",  # the secret is {"apiKey": "…"}
)

instance = AccessGrantsInstance(stack, "AccessGrants", removal_policy=RemovalPolicy.RETAIN)
buckets = [Bucket.from_bucket_name(stack, f"Bucket-{name}", name) for name in setting("bucketNames").split(",")]

integration = ImmutaS3Integration(
    stack,
    "Lakes",
    tenant=immuta,
    integration_name="lakes",
    location=S3Location.all_buckets(buckets=buckets),  # Immuta governs s3://, and reaches these buckets
    access=LocationAccess.READ_ONLY,
    encryption_keys=[Key.from_key_arn(stack, "Key", setting("keyArn"))],
    authentication=ImmutaAuthentication.assume_role(
        principal=ArnPrincipal(setting("immutaPrincipalArn")),
        external_id=app.node.try_get_context("externalId"),
    ),
    access_grants_instance=instance,
    timeout=Duration.minutes(45),
    removal_policy=RemovalPolicy.RETAIN,
)

instance.grant_data_access(Role.from_role_name(stack, "Analysts", setting("analystsRoleName")))

CfnOutput(stack, "IntegrationName", value=integration.integration_name)
CfnOutput(stack, "ImmutaRoleArn", value=integration.immuta_role.role_arn)

app.synth()
