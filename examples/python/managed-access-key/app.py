from aws_cdk import App, Duration, Stack
from aws_cdk.aws_cloudwatch import Alarm, TreatMissingData
from aws_cdk.aws_events import Schedule
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret
from cdk_immuta_s3_integration import ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location

app = App()


def setting(name: str) -> str:
    """What differs from one company to the next comes from the context: `cdk deploy -c immutaUrl=https://…`."""
    value = app.node.try_get_context(name)
    if not value:
        raise SystemExit(f"'{name}' is not set, say -c {name}=…, see ../quickstart/README.md")
    return value


stack = Stack(app, "ImmutaManagedAccessKey")

immuta = ImmutaTenant(
    stack,
    "Immuta",
    url=setting("immutaUrl"),
    api_key=Secret.from_secret_name_v2(stack, "ApiKey", setting("apiKeySecretName")),
)

integration = ImmutaS3Integration(
    stack,
    "Lake",
    tenant=immuta,
    location=S3Location.bucket(Bucket.from_bucket_name(stack, "Bucket", setting("bucketName"))),
    authentication=ImmutaAuthentication.managed_access_key(rotation=Schedule.rate(Duration.days(90))),
)

Alarm(
    stack,
    "RotationFailed",
    alarm_description="Immuta goes on with the access key that it has; the log of the function says why",
    metric=integration.metric_key_rotation_failed(period=Duration.days(1)),
    threshold=1,
    evaluation_periods=1,
    treat_missing_data=TreatMissingData.IGNORE,
)

app.synth()
