import * as path from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, IConstruct } from 'constructs';
import { acknowledgeWildcards } from './cdk-nag/acknowledge-wildcards';
import { selfInvokeStatement, writeLogStatement } from './policies/handler-role';

/** A function that answers the events of custom resources. */
export interface HandlerFunctionOptions {
  /** Of the function and of its role. */
  readonly description: string;
  /** The folder of its bundle, below `assets/handler`. */
  readonly bundle: string;
  /** What it may do, beside writing its log and invoking itself. */
  readonly statements: iam.PolicyStatement[];
  readonly environment?: Record<string, string>;
  /** @default - a log group of its own that keeps three months */
  readonly logGroup?: logs.ILogGroup;
}

export interface HandlerFunction {
  readonly handler: lambda.IFunction;
  readonly role: iam.Role;
  /** What an event needs, and its answer. */
  readonly dependencies: IConstruct[];
}

/** Makes the function, its role and its log group in the scope. The ids of constructs are API: deployed stacks have them. */
export function createHandlerFunction(scope: Construct, options: HandlerFunctionOptions): HandlerFunction {
  const logGroup = options.logGroup
    ?? new logs.LogGroup(scope, 'LogGroup', { retention: logs.RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
  const role = createRole(scope, logGroup, options);
  const handler = new lambda.Function(scope, 'Handler', {
    description: options.description,
    // not Runtime.NODEJS_24_X: the lowest aws-cdk-lib that we support does not have it
    runtime: new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS),
    code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', 'handler', options.bundle)),
    handler: 'index.handler',
    timeout: Duration.minutes(15),
    memorySize: 256,
    role,
    logGroup,
    // an event that Lambda could not deliver for minutes comes when CloudFormation no longer waits for it
    maxEventAge: Duration.minutes(5),
    retryAttempts: 2,
    environment: options.environment,
  });
  // apart from the role: the function depends on the role, which therefore cannot name the function
  const selfInvoke = new iam.Policy(scope, 'SelfInvokePolicy', { roles: [role], statements: [selfInvokeStatement(handler.functionArn)] });
  return { handler, role, dependencies: [...options.logGroup ? [] : [logGroup], role, handler, selfInvoke] };
}

function createRole(scope: Construct, logGroup: logs.ILogGroup, options: HandlerFunctionOptions): iam.Role {
  const statements = [...options.statements, writeLogStatement(logGroup.logGroupArn)];
  const role = new iam.Role(scope, 'HandlerRole', {
    description: options.description,
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { Handler: new iam.PolicyDocument({ statements }) },
  });
  // a log group imported by name
  acknowledgeWildcards(role, statements);
  return role;
}
