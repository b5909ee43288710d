import * as fs from 'node:fs';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { CfnResource, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { ProviderFramework } from './framework';
import { isComplete, onEvent, ProviderEvent, UserEnvironment } from './user-functions';
import { SANDBOX_API_KEY_SECRET, Sandbox } from '../../test/sandbox/sandbox';
import { defineIntegration, MEMORY_GB, measureOperations, OperationMeasure } from '../deployments';

/** Of the functions of the framework, which set no size. */
const FRAMEWORK_MEMORY_GB = 0.125;

/** The stack of the library, whose custom resource goes to the Provider framework. */
function defineStack(sandbox: Sandbox, integrationName: string): Stack {
  const integration = defineIntegration(sandbox, integrationName);
  const stack = Stack.of(integration);
  const apiKey = Secret.fromSecretNameV2(stack, 'UserApiKey', SANDBOX_API_KEY_SECRET);
  const [onEventHandler, isCompleteHandler] = ['OnEvent', 'IsComplete'].map((id) => {
    const handler = new LambdaFunction(stack, id, {
      // The lowest supported aws-cdk-lib has no Runtime.NODEJS_24_X.
      runtime: new Runtime('nodejs24.x', RuntimeFamily.NODEJS),
      code: Code.fromAsset(__dirname),
      handler: `user-functions.${id}`,
      functionName: id,
    });
    apiKey.grantRead(handler);
    return handler;
  });
  const provider = new Provider(stack, 'Provider', { onEventHandler, isCompleteHandler });
  const resource = integration.node.defaultChild as CfnResource;
  resource.addPropertyOverride('ServiceToken', provider.serviceToken);
  resource.node.addDependency(onEventHandler, isCompleteHandler, provider);
  return stack;
}

/** Reads the API key as the function does that has this name. */
async function readApiKey({ aws, lambda }: Sandbox, functionName: string): Promise<string> {
  const credentials = aws.iam.sessionFor(lambda.find(functionName).roleArn);
  const client = new SecretsManager({ endpoint: aws.url, region: aws.region, credentials });
  try {
    return (await client.getSecretValue({ SecretId: SANDBOX_API_KEY_SECRET })).SecretString!;
  } finally {
    client.destroy();
  }
}

/** Measures the Provider framework, against an Immuta that takes that long for each transition. */
export async function measureProviderDeployment(immutaSeconds: number): Promise<OperationMeasure[]> {
  const sandbox = await Sandbox.start({ startProcess: () => framework });
  const environment = (functionName: string): UserEnvironment => ({
    ca: fs.readFileSync(sandbox.immuta.caFile, 'utf8'),
    getApiKey: () => readApiKey(sandbox, functionName),
  });
  const framework = new ProviderFramework(sandbox.scheduler, {
    onEvent: (event) => onEvent(event as ProviderEvent, environment('OnEvent')),
    isComplete: (event) => isComplete(event as ProviderEvent, environment('IsComplete')),
  });
  return measureOperations(immutaSeconds, {
    sandbox,
    define: (name) => defineStack(sandbox, name),
    readWork: () => ({
      // The sandbox's network and processor take no time.
      runs: Array.from({ length: framework.calls }, () =>
        [FRAMEWORK_MEMORY_GB, MEMORY_GB].map((memoryGb) => ({ memoryGb, seconds: 0 }))).flat(),
      logBytes: framework.logBytes,
      stateTransitions: framework.checks,
    }),
  });
}
