import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, Dependable } from 'constructs';
import { ENV_API_KEY_FIELD, ENV_API_KEY_SECRET_ARN, ENV_IMMUTA_URL } from './handler/contract';
import { HandlerFunctionOptions } from './handler-function-options';
import { HealthCheck, HealthCheckOptions } from './health-check';
import { IImmutaTenant } from './interfaces';
import { createHandlerFunction, findConnections } from './private/handler-function';
import { buildHandlerStatements } from './private/policies/handler-role';
import { findNotedStatements } from './private/role-statements';
import { formatInstanceArn } from './private/stacks';
import { addValidation, throwProblems } from './private/validation/problems';
import { validateSecretAccess, validateSecretValue } from './private/validation/secrets';
import { removeTrailingSlashes, validateUrl } from './private/validation/url';

/** Attributes of an Immuta tenant that another app defines. */
export interface ImmutaTenantAttributes {
  /** URL of the tenant, as the other app passes it: `url` of its `ImmutaTenant`. */
  readonly url: string;

  /** The secret that holds the API key, as the other app passes it. */
  readonly apiKey: secretsmanager.ISecret;

  /** ARN of the function that manages the tenant's integrations: `handlerArn` of the other app's `ImmutaTenant`. */
  readonly handlerArn: string;

  /**
   * The role of that function, such as `iam.Role.fromRoleArn(…)` with the ARN of the other app's `handlerRole`.
   *
   * Integrations with an access key, with `diagnosePermissions`, or with a health check that has an `eventBus`, add
   * statements to it.
   *
   * @default - such integrations are errors
   */
  readonly handlerRole?: iam.IRole;
}

/** Properties for an Immuta tenant. */
export interface ImmutaTenantProps extends HandlerFunctionOptions {
  /**
   * URL of the tenant, such as `https://acme.immutacloud.com`: https, in lower case, without a path.
   *
   * The function sends the API key to it. If it comes from a parameter, everyone who sets the parameter can receive it.
   */
  readonly url: string;

  /**
   * The secret that holds an API key of a user with the permission `APPLICATION_ADMIN` in Immuta.
   *
   * It must be in the Region of the tenant. The function reads its value when it runs. The value never enters a
   * template, a property or a log.
   */
  readonly apiKey: secretsmanager.ISecret;

  /**
   * The field of the secret that holds the API key, if the value of the secret is JSON.
   *
   * @default - the value of the secret is the API key
   */
  readonly apiKeyField?: string;
}

/**
 * Defines an Immuta tenant, and the one function that manages its integrations. Define it once in each Region.
 *
 * A deployment fails if Immuta rejects the API key (401), or if its user lacks the permission `APPLICATION_ADMIN`
 * (403).
 */
export class ImmutaTenant extends Construct implements IImmutaTenant, ec2.IConnectable {
  /**
   * Imports a tenant that another app defines in the same account and Region.
   *
   * That app must keep the tenant as long as integrations use it: its function deletes them.
   *
   * @param scope the scope of the import
   * @param id the construct ID of the import
   * @param attributes the attributes of the tenant
   */
  public static fromTenantAttributes(scope: Construct, id: string, attributes: ImmutaTenantAttributes): IImmutaTenant {
    class Import extends Construct implements IImmutaTenant {
      public readonly url = removeTrailingSlashes(attributes.url);
      public readonly apiKey = attributes.apiKey;
      public readonly handlerArn = attributes.handlerArn;
      public readonly handlerRole = attributes.handlerRole;
    }
    return new Import(scope, id);
  }

  public readonly url: string;
  public readonly apiKey: secretsmanager.ISecret;
  public readonly handlerArn: string;
  public readonly handlerRole?: iam.IRole;

  /** The function that manages the tenant's integrations. */
  public readonly handler: lambda.Function;

  constructor(scope: Construct, id: string, props: ImmutaTenantProps) {
    super(scope, id);
    this.url = removeTrailingSlashes(props.url);
    this.apiKey = props.apiKey;
    this.validate(props);

    const stack = Stack.of(this);
    const { handler, role, dependencies } = createHandlerFunction(this, {
      description: 'Manages Immuta integrations with S3',
      bundle: 'integration.lambda',
      statements: buildHandlerStatements({
        region: stack.region,
        apiKey: props.apiKey,
        accessGrantsInstanceArn: formatInstanceArn(stack),
      }),
      environment: {
        [ENV_IMMUTA_URL]: this.url,
        [ENV_API_KEY_SECRET_ARN]: this.apiKey.secretArn,
        ...props.apiKeyField === undefined ? {} : { [ENV_API_KEY_FIELD]: props.apiKeyField },
      },
      options: props,
    });
    this.handler = handler;
    this.handlerArn = handler.functionArn;
    this.handlerRole = role;

    // Integrations can be children of this construct. They would depend on each other if a dependency covered them.
    Dependable.implement(this, { dependencyRoots: dependencies });
  }

  /** Network connections of the function. Throws an error if the function is not in a VPC. */
  public get connections(): ec2.Connections {
    return findConnections(this, this.handler);
  }

  /**
   * Statements that the role of the function needs, including those of the integrations that are defined so far. Add
   * them to a role that accepts no policies.
   */
  public get handlerPolicyStatements(): iam.PolicyStatement[] {
    return findNotedStatements(this.handlerRole!);
  }

  /**
   * Checks all integrations of the tenant on a schedule, as `addHealthCheck` of an integration does, with one request
   * to Immuta for all integrations of a stack. It includes integrations that are defined later.
   *
   * Each stack with integrations of the tenant gets a schedule and an alarm.
   *
   * @param options options for the check
   */
  public addHealthCheck(options: HealthCheckOptions = {}): HealthCheck {
    return HealthCheck._ofTenant(this, this, options);
  }

  private validate({ apiKey, apiKeyField, url }: ImmutaTenantProps): void {
    const problems = validateSecretAccess(this, 'apiKey', apiKey);
    // The CDK reports a reference across Regions before it runs validations, and does not name the property.
    throwProblems(this, problems.length > 0 ? [...problems, ...validateUrl(url)] : []);
    addValidation(this, () => [...validateUrl(url), ...validateSecretValue('apiKey', apiKey, [apiKeyField])]);
  }
}
