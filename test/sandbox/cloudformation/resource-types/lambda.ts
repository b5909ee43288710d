import { generatedName, ResourceRequest, ResourceTypes, World } from './resource-type';
import { LambdaStandIn } from '../../lambda';

/** Functions and what becomes of their asynchronous events. */
export function lambdaTypes(world: World): ResourceTypes {
  const { lambda } = world;
  const register = ({ stack, properties }: ResourceRequest, functionName: string) => {
    const functionArn = `arn:aws:lambda:${stack.region}:${stack.accountId}:function:${functionName}`;
    lambda.register({
      functionName,
      functionArn,
      region: stack.region,
      roleArn: properties.Role,
      codeFolder: world.codeFolder(properties.Code.S3Bucket, properties.Code.S3Key),
      handler: properties.Handler,
      environment: properties.Environment?.Variables ?? {},
      timeoutSeconds: Number(properties.Timeout ?? 3),
      memoryMb: Number(properties.MemorySize ?? 128),
      reservedConcurrency:
        properties.ReservedConcurrentExecutions === undefined
          ? undefined
          : Number(properties.ReservedConcurrentExecutions),
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
