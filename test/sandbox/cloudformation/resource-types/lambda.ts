import { generatedName, ResourceRequest, ResourceTypes, World } from './resource-type';
import { LambdaStandIn } from '../../lambda';

/** Functions and what becomes of their asynchronous events. */
export function lambdaTypes(world: World): ResourceTypes {
  const { lambda } = world;
  /** Folders of layers, by ARN. Lambda unpacks layers into `/opt`. */
  const layers = new Map<string, string>();
  const variablesOf = ({ Environment, Layers = [] }: Record<string, any>): Record<string, string> => {
    const variables: Record<string, string> = Environment?.Variables ?? {};
    const folder = layers.get(Layers[0]);
    return Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, folder ? value.replace(/^\/opt\b/, folder) : value]),
    );
  };
  const register = ({ stack, properties }: ResourceRequest, functionName: string) => {
    const functionArn = `arn:aws:lambda:${stack.region}:${stack.accountId}:function:${functionName}`;
    lambda.register({
      functionName,
      functionArn,
      region: stack.region,
      roleArn: properties.Role,
      codeFolder: world.codeFolder(properties.Code.S3Bucket, properties.Code.S3Key),
      handler: properties.Handler,
      environment: variablesOf(properties),
      timeoutSeconds: Number(properties.Timeout ?? 3),
      memoryMb: Number(properties.MemorySize ?? 128),
      reservedConcurrency:
        properties.ReservedConcurrentExecutions === undefined
          ? undefined
          : Number(properties.ReservedConcurrentExecutions),
      logGroup: properties.LoggingConfig?.LogGroup,
      allowsRecursion: properties.RecursiveLoop === 'Allow',
    });
    return { physicalId: functionName, attributes: { Arn: functionArn } };
  };

  return {
    'AWS::Lambda::Function': {
      createOnly: ['FunctionName'],
      create: (request) => register(request, request.properties.FunctionName ?? generatedName(request)),
      update: (request, old) => register(request, old.physicalId),
      delete: (_request, { physicalId }) => lambda.remove(physicalId),
    },
    'AWS::Lambda::LayerVersion': {
      createOnly: ['Content'],
      create(request) {
        const { S3Bucket, S3Key } = request.properties.Content;
        const arn = `${generatedName(request)}:1`;
        layers.set(arn, world.codeFolder(S3Bucket, S3Key));
        return { physicalId: arn, attributes: {} };
      },
      update: (_request, old) => old,
      delete: (_request, { physicalId }) => void layers.delete(physicalId),
    },
    'AWS::Lambda::EventInvokeConfig': {
      createOnly: ['FunctionName', 'Qualifier'],
      create(request) {
        configure(lambda, request.properties);
        return { physicalId: generatedName(request), attributes: {} };
      },
      update({ properties }, old) {
        configure(lambda, properties);
        return old;
      },
      delete: (_request, { properties }) => lambda.setEventInvokeConfig(properties.FunctionName, undefined),
    },
  };
}

function configure(lambda: LambdaStandIn, properties: Record<string, any>): void {
  lambda.setEventInvokeConfig(lambda.find(properties.FunctionName).functionName, {
    maximumRetryAttempts: Number(properties.MaximumRetryAttempts ?? 2),
    maximumEventAgeSeconds: Number(properties.MaximumEventAgeInSeconds ?? 21600),
  });
}
