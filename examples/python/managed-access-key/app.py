from aws_cdk import App, Duration, Stack
from aws_cdk.aws_cloudwatch import Alarm, TreatMissingData
from aws_cdk.aws_events import EventPattern, Rule, Schedule
from aws_cdk.aws_events_targets import SnsTopic
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret
from aws_cdk.aws_sns import Topic
from cdk_immuta_s3_integration import ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location

app = App()


def setting(name: str) -> str:
    """Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`."""
    value = app.node.try_get_context(name)
    if not value:
        raise SystemExit(f"'{name}' must be set: pass -c {name}=…")
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

# ALARM after a failed step, OK after the next rotation or deployment that succeeds
Alarm(
    stack,
    "RotationFailed",
    alarm_description="The rotation of the access key failed: see the log of the function",
    metric=integration.metric_key_rotation_failed(),
    threshold=1,
    evaluation_periods=1,
    treat_missing_data=TreatMissingData.IGNORE,
)

# every rotation, as Secrets Manager reports it to CloudTrail and EventBridge
Rule(
    stack,
    "Rotations",
    event_pattern=EventPattern(
        source=["aws.secretsmanager"],
        detail_type=["AWS Service Event via CloudTrail"],
        detail={
            "eventName": ["RotationSucceeded", "RotationFailed"],
            "additionalEventData": {"SecretId": [integration.access_key_secret.secret_arn]},
        },
    ),
    targets=[SnsTopic(Topic(stack, "RotationTopic", enforce_ssl=True))],
)

app.synth()
