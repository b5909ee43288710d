import { LambdaStandIn } from './lambda';

/** A value of a metric. */
export interface DataPoint {
  readonly namespace: string;
  readonly name: string;
  /** Names and values, in the order of the names. */
  readonly dimensions: string;
  readonly value: number;
  readonly timestamp: number;
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** CloudWatch looks back this many periods more than it evaluates; the real number is not documented. */
const EXTRA_PERIODS = 2;

/** The metrics in the logs of the functions, in the embedded metric format, and the alarms on them. */
export class CloudWatch {
  /** Properties of `AWS::CloudWatch::Alarm`, by physical ID. */
  readonly alarms = new Map<string, Record<string, any>>();
  /** How many periods more than it needs an alarm looks back when values are missing. */
  extraPeriods = EXTRA_PERIODS;

  constructor(private readonly lambda: LambdaStandIn) {}

  get dataPoints(): DataPoint[] {
    return this.lambda.invocations
      .flatMap(({ output }) => output.split('\n'))
      .filter((line) => line.startsWith('{') && line.includes('"_aws"'))
      .flatMap((line) => parseDataPoints(JSON.parse(line)));
  }

  /** Returns the values of a metric, the oldest first. */
  findValues(name: string, dimensions: Record<string, string>): number[] {
    const wanted = renderDimensions(dimensions);
    const points = this.dataPoints.filter((point) => point.name === name && point.dimensions === wanted);
    return points.map(({ value }) => value);
  }

  /**
   * Returns the state of an alarm at a moment.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
   */
  evaluateAlarm(alarmName: string, now: number): AlarmState {
    const alarm = this.alarms.get(alarmName)!;
    const dimensions: { Name: string; Value: string }[] = alarm.Dimensions ?? [];
    const wanted = renderDimensions(Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])));
    const points = this.dataPoints.filter(
      (point) =>
        point.namespace === alarm.Namespace && point.name === alarm.MetricName && point.dimensions === wanted,
    );
    const periodMs = Number(alarm.Period) * 1000;
    const needed = Number(alarm.EvaluationPeriods);
    const results: boolean[] = [];
    // missing values that are ignored keep the state, which the last value has given the alarm
    const oldest = Math.min(...points.map(({ timestamp }) => timestamp));
    const periods = alarm.TreatMissingData === 'ignore' ? (now - oldest) / periodMs + 1 : needed + this.extraPeriods;
    for (let back = 0; back < periods && results.length < needed; back++) {
      const end = now - back * periodMs;
      const values = points
        .filter(({ timestamp }) => timestamp > end - periodMs && timestamp <= end)
        .map(({ value }) => value);
      if (values.length > 0) results.push(isBreaching(alarm, aggregate(values, alarm.Statistic)));
    }
    const missing = needed - results.length;
    if (missing > 0 && alarm.TreatMissingData !== 'breaching') {
      throw new Error(`the sandbox does not know how to treat missing data: ${alarm.TreatMissingData}`);
    }
    const breaching = results.filter(Boolean).length + missing;
    return breaching >= Number(alarm.DatapointsToAlarm ?? needed) ? 'ALARM' : 'OK';
  }
}

function parseDataPoints({ _aws: { Timestamp: timestamp, CloudWatchMetrics }, ...fields }: any): DataPoint[] {
  return CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }: any) =>
    Dimensions.flatMap((names: string[]) =>
      Metrics.map(({ Name: name }: any) => ({
        namespace,
        name,
        dimensions: renderDimensions(Object.fromEntries(names.map((each) => [each, fields[each]]))),
        value: fields[name],
        timestamp,
      })),
    ),
  );
}

function renderDimensions(dimensions: Record<string, string>): string {
  return JSON.stringify(Object.entries(dimensions).sort());
}

function aggregate(values: number[], statistic: string): number {
  switch (statistic) {
    case 'Minimum':
      return Math.min(...values);
    case 'Maximum':
      return Math.max(...values);
    default:
      throw new Error(`the sandbox does not know the statistic ${statistic}`);
  }
}

function isBreaching({ ComparisonOperator, Threshold }: Record<string, any>, value: number): boolean {
  switch (ComparisonOperator) {
    case 'LessThanThreshold':
      return value < Number(Threshold);
    case 'GreaterThanOrEqualToThreshold':
      return value >= Number(Threshold);
    default:
      throw new Error(`the sandbox does not know the comparison ${ComparisonOperator}`);
  }
}
