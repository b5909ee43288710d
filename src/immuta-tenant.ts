import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, Dependable } from 'constructs';
import { ENV_API_KEY_FIELD, ENV_API_KEY_SECRET_ARN, ENV_IMMUTA_URL } from './handler/contract';
import { IImmutaTenant } from './interfaces';
import { createHandlerFunction } from './private/handler-function';
import { handlerRoleStatements } from './private/policies/handler-role';
import { formatInstanceArn } from './private/stacks';
import { validateSecretRegion, validateSecretValue } from './private/validation/secrets';
import { validateUrl } from './private/validation/url';

/** Properties of an Immuta tenant. */
export interface ImmutaTenantProps {
  /** URL of the tenant, such as `https://acme.immutacloud.com`: https, in lower case, no path. */
  readonly url: string;

  /**
   * The secret with an API key of a user who has the permission `APPLICATION_ADMIN` in Immuta.
   *
   * It must be in the Region of the tenant. Its value is read when the function runs: it is never in a template, a property or a log.
   */
  readonly apiKey: secretsmanager.ISecret;

  /**
   * The field of the secret that holds the API key, if the secret is JSON.
   *
   * @default - the secret is the API key itself
   */
  readonly apiKeyField?: string;

  /**
   * Where the function writes its log.
   *
   * @default - a log group of its own that keeps three months
   */
  readonly logGroup?: logs.ILogGroup;
}

/**
 * Defines an Immuta tenant and the one function that manages its integrations. Define it once for each Region.
 *
 * Errors of a deployment that are about the tenant: the API key was rejected (401), its user lacks `APPLICATION_ADMIN` (403).
 */
export class ImmutaTenant extends Construct implements IImmutaTenant {
  public readonly url: string;
  public readonly apiKey: secretsmanager.ISecret;
  public readonly handler: lambda.IFunction;

  constructor(scope: Construct, id: string, props: ImmutaTenantProps) {
    super(scope, id);
    this.url = props.url.replace(/\/+$/, '');
    this.apiKey = props.apiKey;

    const regionProblems = validateSecretRegion(this, 'apiKey', props.apiKey);
    if (regionProblems.length > 0) {
      // at once, since the CDK's own error about the reference comes before any check
      throw new Error(`[${this.node.path}] ${[...regionProblems, ...validateUrl(props.url)].join('\n')}`);
    }
    this.node.addValidation({
      validate: () => [...validateUrl(props.url), ...validateSecretValue('apiKey', props.apiKey, [props.apiKeyField])],
    });

    const stack = Stack.of(this);
    const { handler, dependencies } = createHandlerFunction(this, {
      description: 'Manages integrations of Immuta with S3',
      bundle: 'integration.lambda',
      statements: handlerRoleStatements({ region: stack.region, apiKey: props.apiKey, accessGrantsInstanceArn: formatInstanceArn(stack) }),
      environment: {
        [ENV_IMMUTA_URL]: this.url,
        [ENV_API_KEY_SECRET_ARN]: this.apiKey.secretArn,
        ...props.apiKeyField === undefined ? {} : { [ENV_API_KEY_FIELD]: props.apiKeyField },
      },
      logGroup: props.logGroup,
    });
    this.handler = handler;

    // not all that is below it: that may be integrations, which would depend on each other
    Dependable.implement(this, { dependencyRoots: dependencies });
  }
}
