import * as path from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, IConstruct } from 'constructs';
import { attachToHandler } from './attach-policy';
import { bindProxy } from './bind-proxy';
import { acknowledgeRules, acknowledgeUnset } from './cdk-nag/acknowledge-rules';
import { acknowledgeWildcards } from './cdk-nag/acknowledge-wildcards';
import { renderDescribedStacks } from './described-stacks';
import { RecordingDestination } from './failure-destination';
import { HandlerAddition } from './handler-addition';
import { dependOnNetwork } from './network-dependencies';
import {
  buildDescribeStatement, buildNetworkInterfaceStatements, buildSelfInvokeStatement, buildTracingStatement,
  buildWriteLogStatement,
} from './policies/handler-role';
import { noteStatements } from './role-statements';
import { keepWhileReferenced } from './stacks';
import { ENV_SECURITY_GROUP_IDS } from '../handler/contract';
import { HandlerFunctionOptions } from '../handler-function-options';
import { validateHandlerOptions, validateVpc } from './validation/handler-options';
import { throwProblems } from './validation/problems';

/** Properties for a function that answers the events of custom resources. */
export interface HandlerFunctionProps {
  /** Description of the function and of its role. */
  readonly description: string;
  /** Folder of the bundle in `assets/handler`. */
  readonly bundle: string;
  /** Permissions beside those of every function: its log, its stacks, invoking itself, and its network. */
  readonly statements: iam.PolicyStatement[];
  readonly environment?: Record<string, string>;
  /** What the user chose. */
  readonly options: HandlerFunctionOptions;
}

/** The function and its resources. */
export interface HandlerFunction {
  readonly handler: lambda.Function;
  readonly role: iam.IRole;
  /** Resources that an event and its response need. */
  readonly dependencies: IConstruct[];
}

/** Creates the function, its role and its log group. Deployed stacks depend on the construct IDs. */
export function createHandlerFunction(scope: Construct, props: HandlerFunctionProps): HandlerFunction {
  const { options } = props;
  throwProblems(scope, validateHandlerOptions(options));
  const logGroup = options.logGroup ?? createLogGroup(scope);
  const additions = [
    ...options.proxy ? [bindProxy(scope, options.proxy)] : [],
    ...options.caCertificates ? [options.caCertificates._bind(scope)] : [],
  ];
  const statements = [
    ...props.statements,
    ...additions.flatMap((addition) => addition.statements),
    buildWriteLogStatement(logGroup.logGroupArn),
    buildDescribeStatement(renderDescribedStacks(scope)),
    ...options.vpc ? buildNetworkInterfaceStatements(Stack.of(scope)) : [],
    // The CDK adds the statement to a new role.
    ...options.role && isTraced(options) ? [buildTracingStatement()] : [],
  ];
  const role = options.role ?? createRole(scope, props.description, statements);
  const policies = options.role ? [attachToHandler(scope, 'HandlerPolicy', role, statements)] : [];
  const onFailure = options.onFailure && new RecordingDestination(options.onFailure, !options.role);
  const handler = createFunction(scope, props, { role, logGroup, additions, onFailure });
  if (role instanceof iam.Role && !options.role && isTraced(options)) {
    acknowledgeTracing(role);
  }
  if (onFailure) {
    attachDestination(scope, handler, options.role, onFailure.statements);
  }
  // The CDK creates it in a new role, for tracing and destinations.
  const defaultPolicy = role.node.tryFindChild('DefaultPolicy');
  if (defaultPolicy && !options.role) {
    acknowledgeRules(defaultPolicy, 'managedPolicies');
  }
  // Lambda checks the permissions for network interfaces when it creates the function.
  handler.node.defaultChild!.node.addDependency(...policies);
  // The function depends on its role, so the role itself cannot refer to the function.
  const selfInvoke = attachToHandler(
    scope, 'SelfInvokePolicy', role, [buildSelfInvokeStatement(handler.functionArn)],
    options.role ? undefined : 'SelfInvoke',
  );
  const own = [...options.logGroup ? [] : [logGroup], ...options.role ? [] : [role]];
  return { handler, role, dependencies: [...own, ...policies, handler, selfInvoke] };
}

function createLogGroup(scope: Construct): logs.LogGroup {
  const logGroup = new logs.LogGroup(scope, 'LogGroup', {
    retention: logs.RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledgeRules(logGroup, 'encryptedLogGroup');
  return logGroup;
}

function createRole(scope: Construct, description: string, statements: iam.PolicyStatement[]): iam.Role {
  const role = new iam.Role(scope, 'HandlerRole', {
    description,
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { Handler: new iam.PolicyDocument({ statements }) },
  });
  noteStatements(role, statements);
  acknowledgeRules(role, 'managedPolicies');
  // The ARN of a log group that is imported by name has a wildcard.
  acknowledgeWildcards(role, statements);
  return role;
}

interface FunctionParts {
  readonly role: iam.IRole;
  readonly logGroup: logs.ILogGroup;
  readonly additions: HandlerAddition[];
  readonly onFailure?: lambda.IDestination;
}

function createFunction(
  scope: Construct,
  { description, bundle, environment, options }: HandlerFunctionProps,
  { role, logGroup, additions, onFailure }: FunctionParts,
): lambda.Function {
  const handler = new lambda.Function(scope, 'Handler', {
    description,
    // The lowest supported aws-cdk-lib has no Runtime.NODEJS_24_X.
    runtime: options.runtime ?? new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS),
    code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', 'handler', bundle)),
    handler: 'index.handler',
    timeout: Duration.minutes(15),
    memorySize: 256,
    role,
    logGroup,
    // The longest service timeout. The function reads whether the operation is still in progress.
    maxEventAge: Duration.hours(1),
    retryAttempts: 2,
    environment: Object.assign({}, options.environment, environment, ...additions.map((each) => each.environment)),
    vpc: options.vpc,
    vpcSubnets: options.vpcSubnets,
    securityGroups: options.securityGroups,
    environmentEncryption: options.environmentEncryption,
    tracing: options.role ? undefined : options.tracing,
    reservedConcurrentExecutions: options.reservedConcurrentExecutions,
    onFailure,
    layers: [...options.layers ?? [], ...additions.flatMap((each) => each.layers)],
  });
  keepWhileReferenced(handler.node.defaultChild as lambda.CfnFunction);
  if (options.role && isTraced(options)) {
    // The CDK would add a policy to a given role, under a name that is not unique.
    (handler.node.defaultChild as lambda.CfnFunction).tracingConfig = { mode: options.tracing };
  }
  acknowledgeUnset(handler, { vpc: options.vpc, reservedConcurrency: options.reservedConcurrentExecutions });
  acknowledgeRules(handler, 'failureDestination'); // the rule accepts no destination
  if (options.vpc) {
    const ids = handler.connections.securityGroups.map(({ securityGroupId }) => securityGroupId);
    handler.addEnvironment(ENV_SECURITY_GROUP_IDS, ids.join());
    dependOnNetwork(handler);
  }
  return handler;
}

function isTraced({ tracing }: HandlerFunctionOptions): boolean {
  return tracing !== undefined && tracing !== lambda.Tracing.DISABLED;
}

/** The CDK adds the statements of the destination to a new role. Lambda checks them when it configures the function. */
function attachDestination(
  scope: Construct, handler: lambda.Function, givenRole: iam.IRole | undefined, statements: iam.PolicyStatement[],
): void {
  if (!givenRole) {
    noteStatements(handler.role!, statements);
    return;
  }
  const policy = attachToHandler(scope, 'DestinationPolicy', givenRole, statements);
  handler.node.findChild('EventInvokeConfig').node.addDependency(policy);
}

/** The CDK adds the statement to the role's default policy. */
function acknowledgeTracing(role: iam.Role): void {
  const statements = [buildTracingStatement()];
  noteStatements(role, statements);
  acknowledgeWildcards(role.node.tryFindChild('DefaultPolicy') ?? role, statements);
}

/** Returns the network connections of the function. It has none outside a VPC. */
export function findConnections(scope: Construct, handler: lambda.Function): ec2.Connections {
  throwProblems(scope, validateVpc('connections', handler.isBoundToVpc));
  return handler.connections;
}
