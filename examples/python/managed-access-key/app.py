from aws_cdk import App, Duration, Stack
from aws_cdk.aws_cloudwatch import Alarm, TreatMissingData
from aws_cdk.aws_cloudwatch_actions import SnsAction
from aws_cdk.aws_events import EventPattern, Rule, Schedule
from aws_cdk.aws_events_targets import SnsTopic
from aws_cdk.aws_iam import ServicePrincipal
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

topic = Topic(stack, "RotationTopic", enforce_ssl=True)
# enforce_ssl replaces the default policy of the topic, which allows alarms to publish
topic.grant_publish(ServicePrincipal("cloudwatch.amazonaws.com"))

# ALARM after a failed step, OK after the next rotation or deployment that succeeds
alarm = Alarm(
    stack,
    "RotationFailed",
    alarm_description="The rotation of the access key failed: see the log of the function",
    metric=integration.metric_key_rotation_failed(),
    threshold=1,
    evaluation_periods=1,
    treat_missing_data=TreatMissingData.IGNORE,
)
alarm.add_alarm_action(SnsAction(topic))

# every rotation, as Secrets Manager reports it to CloudTrail and EventBridge
Rule(
    stack,
    "Rotations",
    event_pattern=EventPattern(
        source=["aws.secretsmanager"],
        detail_type=["AWS Service Event via CloudTrail"],
        detail={
            "eventName": ["RotationSucceeded", "RotationFailed", "RotationAbandoned"],
            "additionalEventData": {"SecretId": [integration.access_key_secret.secret_arn]},
        },
    ),
    targets=[SnsTopic(topic)],
)

app.synth()
