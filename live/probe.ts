import * as path from 'node:path';
import { CfnOutput, CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';

export interface ProbeProperties {
  /** What happens to a Create. @default 'answer' */
  readonly create?: 'answer' | 'fail' | 'wait';
  /** What passes before, up to 60 seconds. @default 0 */
  readonly delaySeconds?: number;
  /** A change of it replaces the resource. @default - an update changes nothing */
  readonly generation?: number;
  /** What passes before the response to a Delete, up to 60 seconds. @default 0 */
  readonly deleteDelaySeconds?: number;
  /** S3 path to which a Create requests access from S3 Access Grants. @default - none */
  readonly target?: string;
  /** What CloudFormation waits at most. @default Duration.minutes(5) */
  readonly serviceTimeout?: Duration;
}

/** Defines the role of the function, which may ask S3 Access Grants for access, and an output with its ARN. */
export function defineProbeRole(stack: Stack): iam.Role {
  const role = new iam.Role(stack, 'ProbeRole', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const instanceArn = stack.formatArn({ service: 's3', resource: 'access-grants', resourceName: 'default' });
  role.addToPolicy(new iam.PolicyStatement({ actions: ['s3:GetDataAccess'], resources: [instanceArn] }));
  new CfnOutput(stack, 'ProbeRoleArn', { value: role.roleArn });
  return role;
}

/** Defines custom resources of one function, by their IDs. */
export function defineProbes(stack: Stack, probes: Readonly<Record<string, ProbeProperties>>): CustomResource[] {
  const logGroup = new logs.LogGroup(stack, 'ProbeLogs', {
    retention: logs.RetentionDays.ONE_DAY,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // It may not create log groups, or a late line would create the group again.
  const role = defineProbeRole(stack);
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
    const { create = 'answer', delaySeconds = 0, deleteDelaySeconds = 0 } = properties;
    const { generation, target, serviceTimeout = Duration.minutes(5) } = properties;
    const resource = new CustomResource(stack, id, {
      serviceToken: fn.functionArn,
      serviceTimeout,
      resourceType: 'Custom::Probe',
      properties: {
        Create: create,
        DelaySeconds: delaySeconds,
        DeleteDelaySeconds: deleteDelaySeconds,
        Generation: generation,
        Target: target,
      },
    });
    resource.node.addDependency(fn);
    return resource;
  });
}
