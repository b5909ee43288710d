from aws_cdk import App, CfnOutput, Stack
from aws_cdk.aws_iam import ArnPrincipal
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret
from cdk_immuta_s3_integration import ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location

app = App()


def setting(name: str) -> str:
    """Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`."""
    value = app.node.try_get_context(name)
    if not value:
        raise SystemExit(f"'{name}' must be set: pass -c {name}=…")
    return value


stack = Stack(app, "ImmutaQuickstart")

immuta = ImmutaTenant(
    stack,
    "Immuta",
    url=setting("immutaUrl"),
    api_key=Secret.from_secret_name_v2(stack, "ApiKey", setting("apiKeySecretName")),
)

bucket = Bucket.from_bucket_name(stack, "Sales", setting("bucketName"))
prefix = app.node.try_get_context("prefix")

integration = ImmutaS3Integration(
    stack,
    "SalesLake",
    tenant=immuta,
    location=S3Location.prefix(bucket, prefix) if prefix else S3Location.bucket(bucket),
    integration_name=app.node.try_get_context("integrationName"),
    authentication=ImmutaAuthentication.assume_role(
        principal=ArnPrincipal(setting("immutaPrincipalArn")),
        external_id=app.node.try_get_context("externalId"),
    ),
)

CfnOutput(stack, "IntegrationId", value=integration.integration_id)
CfnOutput(stack, "LocationRoleArn", value=integration.location_role.role_arn)

app.synth()
