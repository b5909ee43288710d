import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, Dependable } from 'constructs';
import { ENV_API_KEY_FIELD, ENV_API_KEY_SECRET_ARN, ENV_IMMUTA_URL } from './handler/contract';
import { IImmutaTenant } from './interfaces';
import { createHandlerFunction } from './private/handler-function';
import { buildHandlerStatements } from './private/policies/handler-role';
import { formatInstanceArn } from './private/stacks';
import { addValidation, throwProblems } from './private/validation/problems';
import { validateSecretRegion, validateSecretValue } from './private/validation/secrets';
import { removeTrailingSlashes, validateUrl } from './private/validation/url';

/** Properties for an Immuta tenant. */
export interface ImmutaTenantProps {
  /** URL of the tenant, such as `https://acme.immutacloud.com`: https, in lower case, without a path. */
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

  /**
   * The log group of the function.
   *
   * @default - a new log group that keeps its events for three months
   */
  readonly logGroup?: logs.ILogGroup;
}

/**
 * Defines an Immuta tenant, and the one function that manages its integrations. Define it once in each Region.
 *
 * A deployment fails if Immuta rejects the API key (401), or if its user lacks the permission `APPLICATION_ADMIN`
 * (403).
 */
export class ImmutaTenant extends Construct implements IImmutaTenant {
  public readonly url: string;
  public readonly apiKey: secretsmanager.ISecret;
  public readonly handler: lambda.IFunction;

  constructor(scope: Construct, id: string, props: ImmutaTenantProps) {
    super(scope, id);
    this.url = removeTrailingSlashes(props.url);
    this.apiKey = props.apiKey;
    this.validate(props);

    const stack = Stack.of(this);
    const { handler, dependencies } = createHandlerFunction(this, {
      description: 'Manages Immuta integrations with S3',
      bundle: 'integration.lambda',
      statements: buildHandlerStatements({
        region: stack.region, apiKey: props.apiKey, accessGrantsInstanceArn: formatInstanceArn(stack),
      }),
      environment: {
        [ENV_IMMUTA_URL]: this.url,
        [ENV_API_KEY_SECRET_ARN]: this.apiKey.secretArn,
        ...props.apiKeyField === undefined ? {} : { [ENV_API_KEY_FIELD]: props.apiKeyField },
      },
      logGroup: props.logGroup,
    });
    this.handler = handler;

    // Integrations can be children of this construct. They would depend on each other if a dependency covered them.
    Dependable.implement(this, { dependencyRoots: dependencies });
  }

  private validate({ apiKey, apiKeyField, url }: ImmutaTenantProps): void {
    const problems = validateSecretRegion(this, 'apiKey', apiKey);
    // The CDK reports a reference across Regions before it runs validations, and does not name the property.
    throwProblems(this, problems.length > 0 ? [...problems, ...validateUrl(url)] : []);
    addValidation(this, () => [...validateUrl(url), ...validateSecretValue('apiKey', apiKey, [apiKeyField])]);
  }
}
