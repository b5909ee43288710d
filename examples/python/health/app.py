from aws_cdk import App, Duration, Stack
from aws_cdk.aws_cloudwatch import Dashboard
from aws_cdk.aws_events import Schedule
from aws_cdk.aws_iam import ArnPrincipal, ServicePrincipal
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret
from aws_cdk.aws_sns import Topic
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from cdk_immuta_s3_integration import ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location

app = App()


def setting(name: str) -> str:
    """Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`."""
    value = app.node.try_get_context(name)
    if not value:
        raise SystemExit(f"'{name}' must be set: pass -c {name}=…")
    return value


stack = Stack(app, "ImmutaHealth")

immuta = ImmutaTenant(
    stack,
    "Immuta",
    url=setting("immutaUrl"),
    api_key=Secret.from_secret_name_v2(stack, "ApiKey", setting("apiKeySecretName")),
)

ImmutaS3Integration(
    stack,
    "Lake",
    tenant=immuta,
    location=S3Location.bucket(Bucket.from_bucket_name(stack, "Bucket", setting("bucketName"))),
    authentication=ImmutaAuthentication.assume_role(
        principal=ArnPrincipal(setting("immutaPrincipalArn")),
        external_id=app.node.try_get_context("externalId"),
    ),
    diagnose_permissions=True,  # the check also reports what AWS denies Immuta's role
)

topic = Topic(stack, "Alarms", enforce_ssl=True)
topic.add_subscription(EmailSubscription(setting("email")))
# enforce_ssl replaces the default policy of the topic, which allows alarms to publish
topic.grant_publish(ServicePrincipal("cloudwatch.amazonaws.com"))

# one schedule and one alarm for all integrations of the tenant, also those that are defined later
check = immuta.add_health_check(schedule=Schedule.rate(Duration.hours(1)), alarm_topic=topic)

Dashboard(stack, "Dashboard", widgets=[check.dashboard_widgets()])

app.synth()
