import { Lazy, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { acknowledgeRules } from './cdk-nag/acknowledge-rules';
import { findDataSources, MonitoredIntegration } from './monitored-integrations';
import { buildScheduleStatements } from './policies/health-check';
import { validateInputSize } from './validation/health-check';
import { addValidation } from './validation/problems';
import { ExpectedIntegration, HealthCheckEvent, HealthCheckScope, IntegrationAttributes } from '../handler/contract';
import { IImmutaTenant } from '../interfaces';

/** Properties for what invokes the function of a tenant. */
export interface HealthCheckScheduleProps {
  readonly tenant: IImmutaTenant;
  readonly schedule: events.Schedule;
  readonly eventBus?: events.IEventBus;
  /** Returns what is checked, at the end of the synthesis. */
  readonly integrations: () => MonitoredIntegration[];
}

/** Creates a rule for the check of one integration. */
export function createIntegrationRule(scope: Construct, props: HealthCheckScheduleProps): void {
  const { tenant, schedule } = props;
  const rule = new events.CfnRule(scope, 'Rule', {
    description: 'Checks an Immuta integration with S3',
    scheduleExpression: schedule.expressionString,
    state: 'ENABLED',
    targets: [{ id: 'HealthCheck', arn: tenant.handlerArn, input: renderInput(scope, 'integration', props) }],
  });
  new lambda.CfnPermission(scope, 'Permission', {
    action: 'lambda:InvokeFunction',
    functionName: tenant.handlerArn,
    principal: 'events.amazonaws.com',
    sourceArn: rule.attrArn,
  });
}

/**
 * Creates a schedule for the check of all integrations that a stack has in a tenant.
 *
 * The input of a rule has 8,192 characters, which is enough for some 15 integrations, and the policy of a function has
 * room for some 60 rules.
 */
export function createTenantSchedule(scope: Construct, props: HealthCheckScheduleProps): void {
  const { tenant, schedule } = props;
  const statements = buildScheduleStatements(tenant.handlerArn);
  const role = new iam.Role(scope, 'Role', {
    description: 'Lets EventBridge Scheduler check the integrations of an Immuta tenant',
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
    inlinePolicies: { Invoke: new iam.PolicyDocument({ statements }) },
  });
  acknowledgeRules(role, 'managedPolicies');
  new scheduler.CfnSchedule(scope, 'Schedule', {
    description: 'Checks the Immuta integrations of a stack',
    scheduleExpression: schedule.expressionString,
    flexibleTimeWindow: { mode: 'OFF' },
    target: { arn: tenant.handlerArn, roleArn: role.roleArn, input: renderInput(scope, 'tenant', props) },
  });
}

function renderExpected(integration: MonitoredIntegration): ExpectedIntegration {
  const ids = findDataSources(integration).map((dataSources) => dataSources.ids);
  return {
    ...integration.expected,
    IntegrationName: integration.resource.getAttString('IntegrationNameInJson' satisfies keyof IntegrationAttributes),
    DataSourceIds: ids.length > 0 ? ids.join() : undefined,
  };
}

function renderInput(
  scope: Construct,
  checkScope: HealthCheckScope,
  { tenant, eventBus, integrations }: HealthCheckScheduleProps,
): string {
  const stack = Stack.of(scope);
  addValidation(scope, () => {
    const count = integrations().flatMap(findDataSources).reduce((sum, dataSources) => sum + dataSources.count, 0);
    return validateInputSize(checkScope, integrations().map(({ expected }) => expected), count);
  });
  const event: HealthCheckEvent = {
    HealthCheck: {
      Scope: checkScope,
      TenantUrl: tenant.url,
      EventBusArn: eventBus?.eventBusArn,
      StackId: stack.stackId,
      Integrations: Lazy.any({ produce: () => integrations().map(renderExpected) }) as never,
    },
  };
  return stack.toJsonString(event);
}
