import { Clock } from './clock';
import { Redaction } from './redaction';
import { cutText } from './text';

/**
 * The fields that a log line may have. Nothing else is ever written, so no configuration, header or URL can slip in.
 */
const FIELDS = [
  'level',
  'step',
  'message',
  'stack',
  'logicalId',
  'requestId',
  'requestType',
  'hop',
  'integrationId',
  'dataSourceId',
  'finding',
  'accessKeyId',
  'status',
  'method',
  'path',
  'httpStatus',
  'code',
  'attempt',
  'delayMs',
  'elapsedMs',
] as const;

const LONGEST_TEXT = 1000;

export type LogFields = {
  readonly [F in Exclude<(typeof FIELDS)[number], 'level' | 'step' | 'elapsedMs'>]?: string | number;
};

/** Values of CloudWatch metrics. */
export interface Metrics {
  readonly namespace: string;
  readonly values: readonly MetricValue[];
  readonly dimensions: Readonly<Record<string, string>>;
  /** Names of the dimensions of each metric that CloudWatch keeps. @default - one metric, with all of them */
  readonly dimensionSets?: readonly (readonly string[])[];
}

export interface MetricValue {
  readonly name: string;
  readonly value: number;
  /** @default 'Count' */
  readonly unit?: 'Count' | 'Milliseconds' | 'Seconds';
}

/** A log with one JSON object per line. */
export interface Log {
  info(step: string, fields?: LogFields): void;
  warn(step: string, fields?: LogFields): void;
  /** Writes a line that CloudWatch turns into metrics, without a permission or a request. */
  metrics(metrics: Metrics): void;
}

export interface LogOptions {
  readonly clock: Clock;
  readonly redaction: Redaction;
  /** @default - standard output */
  readonly write?: (line: string) => void;
}

/** @param always fields of every line */
export function createLog(options: LogOptions, always: LogFields = {}): Log {
  const startedAt = options.clock.now();
  const write = options.write ?? ((line: string) => process.stdout.write(`${line}\n`));
  const clean = (text: string) => cutText(options.redaction.clean(text), LONGEST_TEXT);
  const emit = (level: string, step: string, fields: LogFields = {}): void => {
    const all: Record<string, unknown> = {
      ...always,
      ...fields,
      message: fields.message ?? describeStep(step, fields, always.requestType),
      level,
      step,
      elapsedMs: options.clock.now() - startedAt,
    };
    const line: Record<string, unknown> = {};
    for (const field of FIELDS) {
      const value = all[field];
      if (value !== undefined) {
        line[field] = typeof value === 'number' ? value : clean(String(value));
      }
    }
    write(JSON.stringify(line));
  };
  return {
    info: (step, fields) => emit('info', step, fields),
    warn: (step, fields) => emit('warn', step, fields),
    metrics: (metrics) => write(JSON.stringify(embedMetrics(metrics, options.clock.now()))),
  };
}

/** Describes a step that needs no words of its own: the `cdk` CLI shows the message of a line, and nothing else. */
function describeStep(step: string, fields: Record<string, unknown>, requestType: string | number = ''): string {
  const details = FIELDS.filter((name) => fields[name] !== undefined).map((name) => `${name} ${fields[name]}`);
  return [`${requestType} ${step}`.trim(), ...(details.length > 0 ? [details.join(', ')] : [])].join(': ');
}

/**
 * @see
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
function embedMetrics({ namespace, values, dimensions, dimensionSets }: Metrics, now: number): object {
  const directive = {
    Namespace: namespace,
    Dimensions: dimensionSets ?? [Object.keys(dimensions)],
    Metrics: values.map(({ name, unit = 'Count' }) => ({ Name: name, Unit: unit })),
  };
  return {
    _aws: { Timestamp: now, CloudWatchMetrics: [directive] },
    ...dimensions,
    ...Object.fromEntries(values.map(({ name, value }) => [name, value])),
    level: 'info',
    message: values.map(({ name, value }) => `${name} ${value}`).join(', '),
  };
}

/** Runs a best-effort action and logs a warning on failure. */
export async function bestEffort<T>(log: Log, step: string, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    log.warn(step, { message: (error as Error).message });
    return undefined;
  }
}
