import * as path from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, IConstruct } from 'constructs';
import { acknowledgeWildcards } from './cdk-nag/acknowledge-wildcards';
import { buildSelfInvokeStatement, buildWriteLogStatement } from './policies/handler-role';

/** Options for a function that answers the events of custom resources. */
export interface HandlerFunctionOptions {
  /** Description of the function and of its role. */
  readonly description: string;
  /** Folder of the bundle in `assets/handler`. */
  readonly bundle: string;
  /** Permissions beside writing to the log and invoking itself. */
  readonly statements: iam.PolicyStatement[];
  readonly environment?: Record<string, string>;
  /** @default - a new log group that keeps its events for three months */
  readonly logGroup?: logs.ILogGroup;
}

/** The function and its resources. */
export interface HandlerFunction {
  readonly handler: lambda.IFunction;
  readonly role: iam.Role;
  /** Resources that an event and its response need. */
  readonly dependencies: IConstruct[];
}

/** Creates the function, its role and its log group. Deployed stacks depend on the construct IDs. */
export function createHandlerFunction(scope: Construct, options: HandlerFunctionOptions): HandlerFunction {
  const logGroup = options.logGroup ?? new logs.LogGroup(scope, 'LogGroup', {
    retention: logs.RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = createRole(scope, logGroup, options);
  const handler = new lambda.Function(scope, 'Handler', {
    description: options.description,
    // The lowest supported aws-cdk-lib has no Runtime.NODEJS_24_X.
    runtime: new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS),
    code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', 'handler', options.bundle)),
    handler: 'index.handler',
    timeout: Duration.minutes(15),
    memorySize: 256,
    role,
    logGroup,
    // CloudFormation may no longer wait for an event that Lambda delivers after several minutes.
    maxEventAge: Duration.minutes(5),
    retryAttempts: 2,
    environment: options.environment,
  });
  // The function depends on its role, so the role itself cannot refer to the function.
  const selfInvoke = new iam.Policy(scope, 'SelfInvokePolicy', {
    roles: [role], statements: [buildSelfInvokeStatement(handler.functionArn)],
  });
  return { handler, role, dependencies: [...options.logGroup ? [] : [logGroup], role, handler, selfInvoke] };
}

function createRole(scope: Construct, logGroup: logs.ILogGroup, options: HandlerFunctionOptions): iam.Role {
  const statements = [...options.statements, buildWriteLogStatement(logGroup.logGroupArn)];
  const role = new iam.Role(scope, 'HandlerRole', {
    description: options.description,
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { Handler: new iam.PolicyDocument({ statements }) },
  });
  // The ARN of a log group that is imported by name has a wildcard.
  acknowledgeWildcards(role, statements);
  return role;
}
