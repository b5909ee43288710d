import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { HandlerAddition } from './handler-addition';
import { buildReadSecretStatements } from './policies/handler-role';
import { ENV_PROXY_CREDENTIALS_SECRET_ARN, ENV_PROXY_URL } from '../handler/contract';
import { HandlerProxy } from '../handler-proxy';
import { throwProblems } from './validation/problems';
import { validateProxyUrl } from './validation/proxy';
import { validateSecretAccess } from './validation/secrets';

/** Returns what a function needs to use the proxy. */
export function bindProxy(scope: Construct, { url, credentials }: HandlerProxy): HandlerAddition {
  throwProblems(scope, [
    ...validateProxyUrl(url),
    // The CDK reports a reference across Regions before it runs validations, and does not name the property.
    ...credentials ? validateSecretAccess(scope, 'proxy.credentials', credentials) : [],
  ]);
  return {
    statements: credentials ? buildReadSecretStatements(credentials, Stack.of(scope).region) : [],
    environment: {
      [ENV_PROXY_URL]: url,
      ...credentials ? { [ENV_PROXY_CREDENTIALS_SECRET_ARN]: credentials.secretArn } : {},
    },
    layers: [],
  };
}
