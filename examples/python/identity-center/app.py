from aws_cdk import App, Stack
from aws_cdk.aws_iam import ArnPrincipal
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret
from cdk_immuta_s3_integration import (
    AdoptingAccessGrantsInstance,
    IdentityCenterOptions,
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


stack = Stack(app, "ImmutaIdentityCenter")

immuta = ImmutaTenant(
    stack,
    "Immuta",
    url=setting("immutaUrl"),
    api_key=Secret.from_secret_name_v2(stack, "ApiKey", setting("apiKeySecretName")),
)

identity_center_instance_arn = setting("identityCenterInstanceArn")

ImmutaS3Integration(
    stack,
    "Lake",
    tenant=immuta,
    location=S3Location.bucket(Bucket.from_bucket_name(stack, "Bucket", setting("bucketName"))),
    authentication=ImmutaAuthentication.assume_role(
        principal=ArnPrincipal(setting("immutaPrincipalArn")),
        external_id=app.node.try_get_context("externalId"),
    ),
    access_grants_instance=AdoptingAccessGrantsInstance(
        stack,
        "AccessGrants",
        identity_center_instance_arn=identity_center_instance_arn,
    ),
    identity_center=IdentityCenterOptions(
        instance_arn=identity_center_instance_arn,
        identity_store_id=setting("identityStoreId"),
        identity_store_account=setting("identityStoreAccount"),
    ),
)

app.synth()
