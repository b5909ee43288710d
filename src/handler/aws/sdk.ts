/*
 * The clients of the AWS SDK, each loaded when it is first needed: loading takes time, and most invocations need one of
 * them. They are not in the bundle. `require` finds those of the Lambda runtime, but `import()` does not.
 */
/* eslint-disable @typescript-eslint/no-require-imports */
import { createAgents } from '../runtime/network';

export const cloudFormationSdk = () =>
  require('@aws-sdk/client-cloudformation') as typeof import('@aws-sdk/client-cloudformation');
export const eventBridgeSdk = () =>
  require('@aws-sdk/client-eventbridge') as typeof import('@aws-sdk/client-eventbridge');
export const iamSdk = () => require('@aws-sdk/client-iam') as typeof import('@aws-sdk/client-iam');
export const lambdaSdk = () => require('@aws-sdk/client-lambda') as typeof import('@aws-sdk/client-lambda');
export const s3Sdk = () => require('@aws-sdk/client-s3') as typeof import('@aws-sdk/client-s3');
export const s3ControlSdk = () => require('@aws-sdk/client-s3-control') as typeof import('@aws-sdk/client-s3-control');
export const secretsManagerSdk = () =>
  require('@aws-sdk/client-secrets-manager') as typeof import('@aws-sdk/client-secrets-manager');

/** Configuration of every client: through the proxy, if there is one. */
export const clientConfig = () => {
  const agents = createAgents();
  return agents ? { requestHandler: agents } : {};
};
