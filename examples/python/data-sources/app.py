from aws_cdk import App, CfnOutput, Stack
from aws_cdk.aws_iam import ArnPrincipal
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret
from cdk_immuta_s3_integration import (
    DataSourceRemovalMode,
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


stack = Stack(app, "ImmutaDataSources")

immuta = ImmutaTenant(
    stack,
    "Immuta",
    url=setting("immutaUrl"),
    api_key=Secret.from_secret_name_v2(stack, "ApiKey", setting("apiKeySecretName")),
)

integration = ImmutaS3Integration(
    stack,
    "SalesLake",
    tenant=immuta,
    location=S3Location.bucket(Bucket.from_bucket_name(stack, "Sales", setting("bucketName"))),
    authentication=ImmutaAuthentication.assume_role(
        principal=ArnPrincipal(setting("immutaPrincipalArn")),
        external_id=app.node.try_get_context("externalId"),
    ),
)

# 'orders/,returns/' gives the data sources 'Sales orders' and 'Sales returns'
prefixes = setting("dataSourcePrefixes").split(",")
curated = integration.add_data_sources(
    "Curated",
    data_sources={f"Sales {prefix.replace('/', '')}": prefix for prefix in prefixes},
    removal_mode=DataSourceRemovalMode.DELETE,
)

CfnOutput(stack, "DataSourceIds", value=",".join(curated.data_source_ids.values()))

app.synth()
