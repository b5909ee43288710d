import { Aws, Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, Dependable } from 'constructs';
import {
  HealthFindingName, METRIC_DEPLOYMENT_SECONDS, METRIC_DIMENSION_FINDING, METRIC_DIMENSION_INTEGRATION,
  METRIC_DIMENSION_SECRET, METRIC_DIMENSION_STACK, METRIC_DIMENSION_TENANT, METRIC_DRIFT, METRIC_FAILING_TESTS,
  METRIC_FINDINGS, METRIC_HEALTHY, METRIC_KEY_ROTATION_FAILED, METRIC_LATENCY, METRIC_NAMESPACE,
} from './handler/contract';
import { IImmutaTenant } from './interfaces';
import { attachToHandler, findHandlerRole } from './private/attach-policy';
import { acknowledgeUnset } from './private/cdk-nag/acknowledge-rules';
import { createIntegrationRule, createTenantSchedule } from './private/health-check-schedule';
import {
  assertTenantNotCovered, coverIntegration, coverTenant, MonitoredIntegration, sortByPath,
} from './private/monitored-integrations';
import { buildPutEventsStatements } from './private/policies/health-check';
import { isInTree } from './private/registry';
import { getPathInStage } from './private/stacks';
import { digestIdentity } from './private/tokens';
import { parseCheckInterval } from './private/validation/health-check';

const RUNBOOK =
  'https://github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration/blob/main/docs/runbook.md#a-health-check-fails';

/** Checks that must find something one after the other before there is an alarm. */
const EVALUATION_PERIODS = 2;

/** What a health check finds. Each finding has its own metric and its own section in the runbook. */
export enum HealthFinding {
  /** The integration is enabled and as it was deployed, or a deployment or Immuta is changing it. */
  HEALTHY = 'Healthy',
  /** Immuta's periodic check fails (`recurringValidationError`). The log names the tests. */
  VALIDATION_FAILING = 'ValidationFailing',
  /** Another error status, such as `editError`. */
  ERROR_STATUS = 'ErrorStatus',
  /** The integration is disabled in Immuta. */
  DISABLED = 'Disabled',
  /** The integration does not exist in Immuta. */
  RECORD_MISSING = 'RecordMissing',
  /** The location is not registered in S3 Access Grants, or has another role. */
  LOCATION_MISMATCH = 'LocationMismatch',
  /** The configuration in Immuta, or its data sources, differ from what was deployed. The log names what differs. */
  DRIFT = 'Drift',
  /** Immuta rejects the API key, or its user lacks a permission. */
  API_KEY_REJECTED = 'ApiKeyRejected',
  /** Immuta's role or user is denied an action. Only with `diagnosePermissions`. */
  PERMISSION_MISSING = 'PermissionMissing',
  /** Immuta did not answer for a minute, or AWS for 10 seconds. */
  NO_ANSWER = 'NoAnswer',
  /** Immuta or AWS answered something else than expected. */
  UNEXPECTED_ANSWER = 'UnexpectedAnswer',
}

/** Options for a health check. */
export interface HealthCheckOptions {
  /**
   * How often the check runs: a rate of 5 minutes to 1 day.
   *
   * @default Schedule.rate(Duration.hours(1))
   */
  readonly schedule?: events.Schedule;

  /**
   * The topic that is notified when the alarm goes off, and when it recovers.
   *
   * @default - none. The alarm has no action
   */
  readonly alarmTopic?: sns.ITopic;

  /**
   * The event bus that gets an event for each finding, also for `Healthy`: source `cdk-immuta-s3-integration`, detail
   * type `Immuta Integration Health`. The tenant's function gets permission to send events to this bus
   * (`events:PutEvents`).
   *
   * @default - none. The findings are in the log and in the metrics
   */
  readonly eventBus?: events.IEventBus;
}

/**
 * A scheduled check of integrations: their status in Immuta, their location in S3 Access Grants, and whether both are
 * as they were deployed. It only reads.
 *
 * Create it with `addHealthCheck` of an integration or of a tenant.
 */
export class HealthCheck extends Construct {
  /** @internal */
  public static _ofIntegration(
    scope: Construct,
    integration: MonitoredIntegration,
    options: HealthCheckOptions,
  ): HealthCheck {
    coverIntegration(integration);
    const { tenant, expected } = integration;
    const dimensions = {
      [METRIC_DIMENSION_TENANT]: tenant.url, [METRIC_DIMENSION_INTEGRATION]: expected.IntegrationId,
    };
    const check = new HealthCheck(scope, tenant, dimensions, options);
    check.integrations.push(integration);
    const { schedule, eventBus } = check;
    createIntegrationRule(check, { tenant, schedule, eventBus, integrations: () => [integration] });
    const alarm = check.addAlarm(check, check.metricHealthy(), `Immuta integration ${expected.IntegrationId}`);
    alarm.node.addDependency(integration.resource);
    return check;
  }

  /** @internal */
  public static _ofTenant(scope: Construct, tenant: IImmutaTenant, options: HealthCheckOptions): HealthCheck {
    assertTenantNotCovered(tenant);
    const check = new HealthCheck(scope, tenant, { [METRIC_DIMENSION_TENANT]: tenant.url }, options);
    coverTenant(tenant, (integration) => check.cover(integration));
    return check;
  }

  private readonly schedule: events.Schedule;
  private readonly interval: Duration;
  private readonly alarmTopic?: sns.ITopic;
  private readonly eventBus?: events.IEventBus;
  private readonly integrations: MonitoredIntegration[] = [];
  private readonly createdAlarms: cloudwatch.Alarm[] = [];

  private constructor(
    scope: Construct,
    private readonly tenant: IImmutaTenant,
    private readonly dimensions: Record<string, string>,
    { schedule = events.Schedule.rate(Duration.hours(1)), alarmTopic, eventBus }: HealthCheckOptions,
  ) {
    super(scope, 'HealthCheck');
    this.schedule = schedule;
    this.interval = parseCheckInterval(this, schedule);
    this.alarmTopic = alarmTopic;
    this.eventBus = eventBus;
    if (eventBus) {
      const role = findHandlerRole(this, tenant, 'eventBus');
      attachToHandler(this, 'EventsPolicy', role, buildPutEventsStatements(eventBus.eventBusArn));
    }
  }

  /**
   * The alarms: that of the integration, or one for each stack that has integrations of the tenant so far.
   *
   * An alarm goes off when two checks in a row find something or do not run. It recovers when a check or a deployment
   * finds everything in order.
   */
  public get alarms(): cloudwatch.Alarm[] {
    return [...this.createdAlarms];
  }

  /**
   * Returns the metric of the result: 1 if an integration is healthy, 0 otherwise.
   *
   * The default statistic is the minimum in the time between two checks: that of the worst integration.
   *
   * @param props other properties of the metric
   */
  public metricHealthy(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.createMetric(METRIC_HEALTHY, 'Minimum', props);
  }

  /**
   * Returns the metric of failing validation tests in Immuta.
   *
   * @param props other properties of the metric. The default statistic is the maximum
   */
  public metricFailingTests(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.createMetric(METRIC_FAILING_TESTS, 'Maximum', props);
  }

  /**
   * Returns the metric of fields and data sources in Immuta that differ from what was deployed.
   *
   * @param props other properties of the metric. The default statistic is the maximum
   */
  public metricDrift(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.createMetric(METRIC_DRIFT, 'Maximum', props);
  }

  /**
   * Returns the metric of the milliseconds until Immuta answered the check.
   *
   * @param props other properties of the metric. The default statistic is the maximum
   */
  public metricLatency(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.createMetric(METRIC_LATENCY, 'Maximum', props);
  }

  /**
   * Returns the metric of one finding: how many checks had it.
   *
   * @param finding the finding
   * @param props other properties of the metric. The default statistic is the sum
   */
  public metricFinding(finding: HealthFinding, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const name: HealthFindingName = finding;
    const dimensionsMap = { ...this.dimensions, [METRIC_DIMENSION_FINDING]: name };
    return this.createMetric(METRIC_FINDINGS, 'Sum', { dimensionsMap, ...props });
  }

  /**
   * Returns the metric of the seconds that deployments of the integrations took.
   *
   * @param props other properties of the metric. The default statistic is the maximum
   */
  public metricDeploymentDuration(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.createMetric(METRIC_DEPLOYMENT_SECONDS, 'Maximum', props);
  }

  /**
   * Returns widgets for a dashboard: health, failing tests and drift of each integration that is defined so far, failed
   * rotations of managed access keys, and the duration of deployments.
   */
  public dashboardWidgets(): cloudwatch.IWidget[] {
    const integrations = this.present;
    const rotated = integrations.filter(({ managedKeySecretArn }) => managedKeySecretArn !== undefined);
    const list = (metricName: string, statistic: string) =>
      integrations.map((integration) => this.createMetricOf(integration, metricName, statistic));
    return [
      createWidget('Healthy', list(METRIC_HEALTHY, 'Minimum')),
      createWidget('Failing tests', list(METRIC_FAILING_TESTS, 'Maximum')),
      createWidget('Drift', list(METRIC_DRIFT, 'Maximum')),
      createWidget('Failed key rotations', rotated.map((integration) => this.createRotationMetric(integration))),
      createWidget('Deployment duration (s)', list(METRIC_DEPLOYMENT_SECONDS, 'Maximum')),
    ];
  }

  /** The integrations that are still part of the app. */
  private get present(): MonitoredIntegration[] {
    return this.integrations.filter(({ construct }) => isInTree(construct));
  }

  /** A stack refers to its own integrations only: theirs may depend on that of the tenant. */
  private cover(integration: MonitoredIntegration): void {
    const stack = Stack.of(integration.construct);
    const isFirst = this.integrations.every(({ construct }) => Stack.of(construct) !== stack);
    this.integrations.push(integration);
    if (!isFirst) {
      return;
    }
    const { tenant, schedule, eventBus } = this;
    const scope = stack === Stack.of(this)
      ? this
      : new Construct(stack, `ImmutaHealthCheck${digestIdentity(getPathInStage(tenant))}`);
    const integrations = () => sortByPath(this.present.filter(({ construct }) => Stack.of(construct) === stack));
    createTenantSchedule(scope, { tenant, schedule, eventBus, integrations });
    const stackName = formatStackName(stack);
    const dimensionsMap = { ...this.dimensions, [METRIC_DIMENSION_STACK]: stackName };
    const subject = `An Immuta integration of stack ${stackName}`;
    const alarm = this.addAlarm(scope, this.metricHealthy({ dimensionsMap }), subject);
    // A deployment reports a value before the first check.
    const first = {};
    Dependable.implement(first, {
      get dependencyRoots() { return integrations().slice(0, 1).map(({ resource }) => resource); },
    });
    alarm.node.addDependency(first);
  }

  private addAlarm(scope: Construct, metric: cloudwatch.Metric, subject: string): cloudwatch.Alarm {
    const alarm = new cloudwatch.Alarm(scope, 'Alarm', {
      metric,
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: EVALUATION_PERIODS,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
      alarmDescription: `${subject} is not healthy, or its health check does not run. Search the log of function `
        + `${this.tenant.handlerArn} for the step 'finding': its message says what to do. Without such lines, find out `
        + `why the function does not run. ${RUNBOOK}`,
    });
    if (this.alarmTopic) {
      const action = new actions.SnsAction(this.alarmTopic);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
    acknowledgeUnset(alarm, { alarmAction: this.alarmTopic });
    this.createdAlarms.push(alarm);
    return alarm;
  }

  private createMetric(metricName: string, statistic: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: this.dimensions,
      statistic,
      period: this.interval,
      ...props,
    }).attachTo(this);
  }

  private createMetricOf(
    { construct, expected }: MonitoredIntegration, metricName: string, statistic: string,
  ): cloudwatch.Metric {
    const dimensionsMap = {
      [METRIC_DIMENSION_TENANT]: this.tenant.url,
      [METRIC_DIMENSION_INTEGRATION]: expected.IntegrationId,
    };
    return this.createMetric(metricName, statistic, { dimensionsMap, label: construct.node.id });
  }

  private createRotationMetric({ construct, managedKeySecretArn }: MonitoredIntegration): cloudwatch.Metric {
    const dimensionsMap = { [METRIC_DIMENSION_SECRET]: managedKeySecretArn! };
    return this.createMetric(METRIC_KEY_ROTATION_FAILED, 'Maximum', { dimensionsMap, label: construct.node.id });
  }
}

/**
 * Returns the name under which the stack is deployed, which StackSets and Service Catalog choose. Dashboards of other
 * stacks get the name that the app chose.
 */
function formatStackName(stack: Stack): string {
  return Lazy.uncachedString({
    produce: ({ scope }) => Stack.of(scope) === stack ? Aws.STACK_NAME : stack.stackName,
  });
}

function createWidget(title: string, left: cloudwatch.IMetric[]): cloudwatch.IWidget {
  return new cloudwatch.GraphWidget({ title, left, width: 12, leftYAxis: { min: 0 } });
}
