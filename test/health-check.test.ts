import { App, CfnOutput, Duration, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ENV, getOnly, INTEGRATION, listResources, newIntegration, newStack, newTenant } from './fixture';
import { AccessGrantsInstance, HealthFinding, ImmutaAuthentication, ImmutaTenant } from '../src';
import { findDependencies } from './support/dependencies';

const CHECK_TYPES = ['AWS::Events::Rule', 'AWS::Scheduler::Schedule', 'AWS::CloudWatch::Alarm'];

/** Returns the input of a rule or schedule, with references as CloudFormation would resolve them. */
function parseInput(stack: Stack, type: 'AWS::Events::Rule' | 'AWS::Scheduler::Schedule') {
  const { Properties } = getOnly(stack, type);
  const input = type === 'AWS::Events::Rule' ? Properties.Targets[0].Input : Properties.Target.Input;
  const parts: unknown[] = input['Fn::Join'][1];
  const text = parts.map((part) => (typeof part === 'string' ? part : renderReference(part as object))).join('');
  return JSON.parse(text).HealthCheck;
}

function renderReference(part: object): string {
  const [[, value]] = Object.entries(part);
  return Array.isArray(value) ? `<${value[1]}>` : `<${value}>`;
}

function newLake(stack = newStack(), tenant = newTenant(stack)) {
  return { stack, tenant, integration: newIntegration(stack, 'Lake', { tenant }) };
}

describe('addHealthCheck of an integration', () => {
  test('adds one rule, one permission and one alarm for an integration', () => {
    const { stack, integration } = newLake();
    const before = Object.keys(listResources(newLake().stack));

    integration.addHealthCheck();

    const added = Object.entries(listResources(stack)).filter(([logicalId]) => !before.includes(logicalId));
    expect(added.map(([, { Type }]) => Type).sort()).toEqual([
      'AWS::CloudWatch::Alarm', 'AWS::Events::Rule', 'AWS::Lambda::Permission',
    ]);
    const { logicalId: rule } = getOnly(stack, 'AWS::Events::Rule');
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 hour)', State: 'ENABLED', Targets: [Match.objectLike({ Id: 'HealthCheck' })],
    });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction',
      FunctionName: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ImmutaHandler'), 'Arn'] },
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': [rule, 'Arn'] },
    });
  });

  test('passes what is deployed to the health check, without a secret', () => {
    const { stack, integration } = newLake();
    integration.addHealthCheck();

    expect(parseInput(stack, 'AWS::Events::Rule')).toEqual({
      Scope: 'integration',
      TenantUrl: 'https://acme.immutacloud.com',
      StackId: '<AWS::StackId>',
      Integrations: [{
        IntegrationId: '<IntegrationId>',
        IntegrationName: '<IntegrationNameInJson>',
        AccountId: ENV.account,
        Region: ENV.region,
        LocationPath: 's3://lake-bucket/',
        LocationRoleArn: '<Arn>',
        AuthenticationType: 'auto',
        RoleToAssumeArn: '<Arn>',
      }],
    });
  });

  test('passes the secret of an access key to the health check by its ARN, and the principal to diagnose', () => {
    const stack = newStack();
    const integration = newIntegration(stack, 'Lake', {
      authentication: ImmutaAuthentication.managedAccessKey(),
      diagnosePermissions: true,
    });
    integration.addHealthCheck();

    const [expected] = parseInput(stack, 'AWS::Events::Rule').Integrations;
    const { logicalId: secret } = getOnly(stack, 'AWS::SecretsManager::Secret');
    const { logicalId: user } = getOnly(stack, 'AWS::IAM::User');
    expect(expected).toMatchObject({
      AuthenticationType: 'accessKey',
      AccessKeySecretArn: `<${secret}>`,
      AccessKeyUserName: `<${user}>`,
      DiagnosedPrincipalArn: '<Arn>',
      BucketAccountId: ENV.account,
    });
  });

  test('passes the names of the fields of an access key to the health check', () => {
    const stack = newStack();
    const integration = newIntegration(stack, 'Lake', {
      authentication: ImmutaAuthentication.accessKeySecret({
        user: new iam.User(stack, 'User'),
        secret: new secretsmanager.Secret(stack, 'Key'),
        accessKeyIdField: 'id',
        secretAccessKeyField: 'key',
      }),
    });
    integration.addHealthCheck();

    const [expected] = parseInput(stack, 'AWS::Events::Rule').Integrations;
    expect(expected).toMatchObject({ AccessKeyIdField: 'id', SecretAccessKeyField: 'key' });
  });

  test('checks an integration when it is deployed, and not after it is deleted', () => {
    const { stack, integration } = newLake();
    integration.addHealthCheck();

    const resources = listResources(stack);
    const { logicalId } = getOnly(stack, INTEGRATION);
    for (const type of ['AWS::Events::Rule', 'AWS::CloudWatch::Alarm']) {
      expect(findDependencies(resources, getOnly(stack, type).logicalId)).toContain(logicalId);
    }
  });

  test.each([[{ removalPolicy: RemovalPolicy.RETAIN }]])('deletes the check of a retained integration', (props) => {
    const stack = newStack();
    newIntegration(stack, 'Lake', props).addHealthCheck();

    expect(getOnly(stack, INTEGRATION).DeletionPolicy).toBe('RetainExceptOnCreate');
    const check = Object.values(listResources(stack)).filter(({ Type }) => CHECK_TYPES.includes(Type));
    expect(check).toHaveLength(2);
    check.forEach(({ DeletionPolicy }) => expect(DeletionPolicy).toBeUndefined());
  });

  test('updates the integration only when a health check is added', () => {
    expect(getOnly(newLake().stack, INTEGRATION).Properties.HealthCheck).toBeUndefined();
    const { stack, integration } = newLake();

    integration.addHealthCheck();

    expect(getOnly(stack, INTEGRATION).Properties.HealthCheck).toBe('integration');
  });

  test('keeps the rule and the alarm when the location changes', () => {
    const ids = ['a', 'b'].map((bucket) => {
      const stack = newStack();
      newIntegration(stack, 'Lake', { locationIdentity: bucket }).addHealthCheck();
      return [INTEGRATION, 'AWS::Events::Rule', 'AWS::CloudWatch::Alarm'].map((type) => getOnly(stack, type).logicalId);
    });
    expect(ids[0][0]).not.toBe(ids[1][0]);
    expect(ids[0].slice(1)).toEqual(ids[1].slice(1));
  });

  test('checks an integration with a tenant of another app', () => {
    const stack = newStack();
    const { apiKey } = newTenant(newStack());
    const tenant = ImmutaTenant.fromTenantAttributes(stack, 'Immuta', {
      url: 'https://acme.immutacloud.com',
      apiKey,
      handlerArn: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
    });
    newIntegration(stack, 'Lake', { tenant }).addHealthCheck();

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Permission', {
      FunctionName: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
    });
  });

  test('fails when a health check is added twice', () => {
    const { integration } = newLake();
    integration.addHealthCheck();
    expect(() => integration.addHealthCheck()).toThrow(
      "[Stack/Lake] 'Stack/Lake' has a health check already. Call addHealthCheck once. [HEALTH_CHECK_TWICE]",
    );
  });
});

describe('the alarm', () => {
  test('alarms after two findings, and when results are missing', () => {
    const { stack, integration } = newLake();
    integration.addHealthCheck({ schedule: events.Schedule.rate(Duration.minutes(30)) });

    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'ImmutaS3Integration',
      MetricName: 'Healthy',
      Dimensions: [
        { Name: 'IntegrationId', Value: { 'Fn::GetAtt': [getOnly(stack, INTEGRATION).logicalId, 'IntegrationId'] } },
        { Name: 'Tenant', Value: 'https://acme.immutacloud.com' },
      ],
      Statistic: 'Minimum',
      Period: 1800,
      EvaluationPeriods: 2,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
      AlarmActions: Match.absent(),
    });
  });

  test('describes the alarm with what to do, and links the runbook', () => {
    const { stack, integration } = newLake();
    integration.addHealthCheck();

    const description = JSON.stringify(getOnly(stack, 'AWS::CloudWatch::Alarm').Properties.AlarmDescription);
    expect(description).toContain("the step 'finding': its message says what to do");
    expect(description).toContain('/docs/runbook.md#a-health-check-fails');
    expect(description.length).toBeLessThan(1024);
  });

  test('notifies the topic when the alarm goes off and when it recovers', () => {
    const { stack, integration } = newLake();
    const check = integration.addHealthCheck({ alarmTopic: new sns.Topic(stack, 'Topic') });

    const { logicalId } = getOnly(stack, 'AWS::SNS::Topic');
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [{ Ref: logicalId }],
      OKActions: [{ Ref: logicalId }],
    });
    expect(check.alarms).toHaveLength(1);
  });
});

test.each([
  ['rate(5 minutes)', 300], ['rate(1 hour)', 3600], ['rate(24 hours)', 86400], ['rate(1 day)', 86400],
])('accepts the schedule %s of a health check', (expression, seconds) => {
  const { stack, integration } = newLake();
  integration.addHealthCheck({ schedule: events.Schedule.expression(expression) });
  expect(getOnly(stack, 'AWS::CloudWatch::Alarm').Properties.Period).toBe(seconds);
});

test.each([
  [events.Schedule.rate(Duration.minutes(4)), "'rate(4 minutes)'"],
  [events.Schedule.rate(Duration.days(2)), "'rate(2 days)'"],
  [events.Schedule.cron({ minute: '0' }), "'cron(0 * * * ? *)'"],
  [events.Schedule.expression('a rate(5 minutes)'), "'a rate(5 minutes)'"],
  [events.Schedule.expression('rate(5 minutes) or so'), "'rate(5 minutes) or so'"],
  [events.Schedule.expression(new CfnOutput(newStack(), 'Token', { value: 'x' }).importValue), 'a token'],
])('fails when an alarm cannot follow the schedule of a health check', (schedule, got) => {
  const { integration } = newLake();
  expect(() => integration.addHealthCheck({ schedule })).toThrow(
    `'schedule' of a health check must be a rate of 5 minutes to 1 day, got ${got}. `
      + "Pass 'Schedule.rate(Duration.hours(1))'. [HEALTH_CHECK_SCHEDULE_INVALID]",
  );
});

describe('addHealthCheck of a tenant', () => {
  test('adds one schedule, one role and one alarm for all integrations of a tenant, also later ones', () => {
    const { stack, tenant } = newLake();
    const before = newLake();
    newIntegration(before.stack, 'Other', { tenant: before.tenant });
    const known = Object.keys(listResources(before.stack));

    tenant.addHealthCheck();
    newIntegration(stack, 'Other', { tenant });

    const added = Object.entries(listResources(stack)).filter(([logicalId]) => !known.includes(logicalId));
    expect(added.map(([, { Type }]) => Type).sort()).toEqual([
      'AWS::CloudWatch::Alarm', 'AWS::IAM::Role', 'AWS::Scheduler::Schedule',
    ]);

    expect(getOnly(stack, 'AWS::Scheduler::Schedule').Properties.FlexibleTimeWindow).toEqual({ Mode: 'OFF' });
    const { Scope, Integrations } = parseInput(stack, 'AWS::Scheduler::Schedule');
    expect(Scope).toBe('tenant');
    const paths = Integrations.map(({ LocationPath }: any) => LocationPath);
    expect(paths).toEqual(['s3://lake-bucket/', 's3://other-bucket/']);
    const integrations = Object.values(listResources(stack)).filter(({ Type }) => Type === INTEGRATION);
    expect(integrations.map(({ Properties }) => Properties.HealthCheck)).toEqual(['tenant', 'tenant']);
  });

  test('lets EventBridge Scheduler of this account invoke the one function', () => {
    const { stack, tenant } = newLake();
    tenant.addHealthCheck();

    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [{
          Effect: 'Allow',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'aws:SourceAccount': ENV.account } },
        }],
      },
      Policies: [{
        PolicyDocument: {
          Statement: [{
            Effect: 'Allow',
            Action: 'lambda:InvokeFunction',
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ImmutaHandler'), 'Arn'] },
          }],
        },
      }],
    });
  });

  test('gives the checks of other stacks the same logical IDs in each stage', () => {
    const app = new App();
    const [one, other] = ['111122223333', '444455556666'].map((account) => {
      const stage = new Stage(app, `Stage${account}`, { env: { ...ENV, account } });
      const tenant = newTenant(new Stack(stage, 'Home'));
      const stack = new Stack(stage, 'Lake');
      newIntegration(stack, 'Lake', { tenant });
      tenant.addHealthCheck();
      return Object.keys(listResources(stack));
    });

    expect(one).toContainEqual(expect.stringMatching(/^ImmutaHealthCheck/));
    expect(one).toEqual(other);
  });

  test('checks the integrations of two tenants in another stack', () => {
    const app = new App();
    const home = newStack({ env: ENV }, app, 'Home');
    const stack = newStack({ env: ENV }, app, 'Lake');
    for (const id of ['One', 'Other']) {
      const tenant = newTenant(home, id);
      newIntegration(stack, `${id}Lake`, { tenant });
      tenant.addHealthCheck();
    }

    Template.fromStack(stack).resourceCountIs('AWS::Scheduler::Schedule', 2);
  });

  test('checks no integration that was removed from the tree', () => {
    const { stack, tenant } = newLake();
    const check = tenant.addHealthCheck();
    newIntegration(stack, 'Pond', { tenant });
    stack.node.tryRemoveChild('Lake');

    const { logicalId } = getOnly(stack, INTEGRATION);
    const { logicalId: alarm } = getOnly(stack, 'AWS::CloudWatch::Alarm');
    expect(parseInput(stack, 'AWS::Scheduler::Schedule').Integrations).toHaveLength(1);
    expect(listResources(stack)[alarm].DependsOn).toEqual([logicalId]);
    const widgets = check.dashboardWidgets().map((widget) => stack.resolve(widget.toJson()));
    expect(JSON.stringify(widgets)).not.toContain('Lake');
  });

  test('adds nothing for a tenant without integrations', () => {
    const stack = newStack();
    newTenant(stack).addHealthCheck();
    expect(Object.values(listResources(stack)).filter(({ Type }) => CHECK_TYPES.includes(Type))).toEqual([]);
  });

  test('adds a schedule and an alarm to each stack with integrations', () => {
    const app = new App();
    const tenantStack = newStack({ env: ENV }, app, 'Tenant');
    const tenant = newTenant(tenantStack);
    const check = tenant.addHealthCheck();
    const stacks = ['A', 'B'].map((id) => newStack({ env: ENV }, app, id));
    for (const stack of stacks) {
      const accessGrantsInstance = AccessGrantsInstance.fromDefault(stack, 'Instance');
      newIntegration(stack, `Lake${stack.node.id}`, { tenant, accessGrantsInstance });
    }

    for (const stack of stacks) {
      const { Integrations } = parseInput(stack, 'AWS::Scheduler::Schedule');
      expect(Integrations).toHaveLength(1);
      Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
        Dimensions: [
          // the function reports the name under which the stack is deployed, which a StackSet chooses
          { Name: 'Stack', Value: { Ref: 'AWS::StackName' } },
          { Name: 'Tenant', Value: 'https://acme.immutacloud.com' },
        ],
      });
    }
    expect(Object.values(listResources(tenantStack)).filter(({ Type }) => CHECK_TYPES.includes(Type))).toEqual([]);
    expect(check.alarms).toHaveLength(2);
    expect(stacks[1].dependencies).toEqual([tenantStack]);
  });

  test('fails when a health check is added twice', () => {
    const { tenant } = newLake();
    tenant.addHealthCheck();
    expect(() => tenant.addHealthCheck()).toThrow(/\[HEALTH_CHECK_TWICE\]$/);
  });
});

test('lets the function send events to the bus, and only to that one', () => {
  const { stack, integration } = newLake();
  const busArn = 'arn:aws:events:us-east-1:111122223333:event-bus/data';
  const eventBus = events.EventBus.fromEventBusArn(stack, 'Bus', busArn);
  integration.addHealthCheck({ eventBus });

  expect(parseInput(stack, 'AWS::Events::Rule').EventBusArn).toBe(eventBus.eventBusArn);
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [{ Effect: 'Allow', Action: 'events:PutEvents', Resource: eventBus.eventBusArn }],
    },
  });
});

test('fails when the role of the function that sends to an event bus is not known', () => {
  const stack = newStack();
  const tenant = ImmutaTenant.fromTenantAttributes(stack, 'Immuta', {
    url: 'https://acme.immutacloud.com',
    apiKey: newTenant(newStack()).apiKey,
    handlerArn: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
  });
  const integration = newIntegration(stack, 'Lake', { tenant });
  const eventBus = events.EventBus.fromEventBusName(stack, 'Bus', 'data');
  expect(() => integration.addHealthCheck({ eventBus })).toThrow(
    /'eventBus' needs the role .*\[TENANT_ROLE_UNKNOWN\]$/,
  );
});

test('returns the metrics of an integration', () => {
  const { stack, integration } = newLake();
  const check = integration.addHealthCheck();
  const metrics = [
    check.metricHealthy(),
    check.metricFailingTests(),
    check.metricDrift(),
    check.metricLatency({ statistic: 'Average' }),
    check.metricFinding(HealthFinding.DRIFT),
    check.metricDeploymentDuration(),
  ];
  const integrationId = integration.integrationId;
  expect(metrics.map(({ metricName, statistic }) => [metricName, statistic])).toEqual([
    ['Healthy', 'Minimum'],
    ['FailingTests', 'Maximum'],
    ['Drift', 'Maximum'],
    ['LatencyMs', 'Average'],
    ['Findings', 'Sum'],
    ['DeploymentSeconds', 'Maximum'],
  ]);
  metrics.forEach(({ namespace, period, dimensions }) => {
    expect(namespace).toBe('ImmutaS3Integration');
    expect(period.toHours()).toBe(1);
    expect(dimensions).toMatchObject({ Tenant: 'https://acme.immutacloud.com', IntegrationId: integrationId });
  });
  expect(metrics[4].dimensions).toMatchObject({ Finding: 'Drift' });
  expect(stack).toBeDefined();
});

test('returns the metrics of a tenant', () => {
  const { tenant } = newLake();
  expect(tenant.addHealthCheck().metricHealthy().dimensions).toEqual({ Tenant: 'https://acme.immutacloud.com' });
});

test.each(['us-east-1', 'eu-west-1'])('names the stack of an alarm in a dashboard of another stack in %s', (region) => {
  const app = new App();
  const { stack, tenant } = newLake(newStack({ env: ENV }, app, 'Lake'));
  const [alarm] = tenant.addHealthCheck().alarms;
  const other = newStack({ env: { ...ENV, region } }, app, 'Other');
  new cloudwatch.Dashboard(other, 'Dashboard', { widgets: [[new cloudwatch.GraphWidget({ left: [alarm.metric] })]] });

  const { DashboardBody } = getOnly(other, 'AWS::CloudWatch::Dashboard').Properties;
  expect(JSON.stringify(DashboardBody)).toContain(`\\"Stack\\",\\"${stack.stackName}\\"`);
});

test('returns widgets for a dashboard', () => {
  const { stack, tenant } = newLake();
  newIntegration(stack, 'Keys', { tenant, authentication: ImmutaAuthentication.managedAccessKey() });
  const check = tenant.addHealthCheck();
  new cloudwatch.Dashboard(stack, 'Dashboard', { widgets: [check.dashboardWidgets()] });

  const body = JSON.stringify(getOnly(stack, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody);
  for (const metric of ['Healthy', 'FailingTests', 'Drift', 'KeyRotationFailed', 'DeploymentSeconds']) {
    expect(body.replaceAll('\\', '')).toContain(`"ImmutaS3Integration","${metric}"`);
  }
  expect(check.dashboardWidgets()).toHaveLength(5);
});
