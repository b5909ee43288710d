import * as path from 'node:path';
import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';

export interface ProbeProperties {
  /** What happens to a Create. @default 'answer' */
  readonly create?: 'answer' | 'fail' | 'wait';
  /** What passes before, up to 60 seconds. @default 0 */
  readonly delaySeconds?: number;
  /** What CloudFormation waits at most. @default Duration.minutes(5) */
  readonly serviceTimeout?: Duration;
}

/** Defines custom resources of one function, by their IDs. */
export function defineProbes(stack: Stack, probes: Readonly<Record<string, ProbeProperties>>): CustomResource[] {
  const logGroup = new logs.LogGroup(stack, 'ProbeLogs', {
    retention: logs.RetentionDays.ONE_DAY,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // It may not create log groups, or a late line would create the group again.
  const role = new iam.Role(stack, 'ProbeRole', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  const fn = new lambda.Function(stack, 'Probe', {
    role,
    logGroup,
    runtime: lambda.Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(path.join(__dirname, 'probe')),
    timeout: Duration.seconds(90),
  });
  return Object.entries(probes).map(([id, properties]) => {
    const { create = 'answer', delaySeconds = 0, serviceTimeout = Duration.minutes(5) } = properties;
    const resource = new CustomResource(stack, id, {
      serviceToken: fn.functionArn,
      serviceTimeout,
      resourceType: 'Custom::Probe',
      properties: { Create: create, DelaySeconds: delaySeconds },
    });
    resource.node.addDependency(fn);
    return resource;
  });
}
