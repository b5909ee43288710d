from aws_cdk import App, Environment, Stack, Stage, Tags
from aws_cdk.aws_iam import ArnPrincipal
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret
from cdk_immuta_s3_integration import ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location
from constructs import Construct

app = App()


def setting(name: str) -> str:
    """Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`."""
    value = app.node.try_get_context(name)
    if not value:
        raise SystemExit(f"'{name}' must be set: pass -c {name}=…")
    return value


class LakeStack(Stack):
    """All that one account and Region needs.

    S3 Access Grants has one instance for each of them, and its function and its secret must be there, too.
    """

    def __init__(self, scope: Construct, id: str, bucket_name: str, env: Environment) -> None:
        super().__init__(scope, id, env=env)
        immuta = ImmutaTenant(
            self,
            "Immuta",
            url=setting("immutaUrl"),
            api_key=Secret.from_secret_name_v2(self, "ApiKey", setting("apiKeySecretName")),
        )
        ImmutaS3Integration(
            self,
            "Lake",
            tenant=immuta,
            integration_name=bucket_name,  # names are unique in Immuta
            location=S3Location.bucket(Bucket.from_bucket_name(self, "Bucket", bucket_name)),
            authentication=ImmutaAuthentication.assume_role(
                principal=ArnPrincipal(setting("immutaPrincipalArn")),
                external_id=app.node.try_get_context("externalId"),
            ),
        )


class LakeStage(Stage):
    """The lakes of one stage."""

    def __init__(self, scope: Construct, id: str, environments: list[Environment]) -> None:
        super().__init__(scope, id)
        for env in environments:
            bucket_name = f"{setting('bucketName')}-{env.account}-{env.region}"
            LakeStack(self, f"Lake-{env.region}", bucket_name, env)
        Tags.of(self).add("stage", id)  # tags and other Aspects of the app do not reach the stacks of a stage


LakeStage(app, "Test", [Environment(account=setting("testAccount"), region="us-east-1")])
LakeStage(
    app,
    "Production",
    [
        Environment(account=setting("productionAccount"), region="us-east-1"),
        Environment(account=setting("productionAccount"), region="eu-west-1"),
    ],
)

app.synth()
