import { generatedName, ResourceRequest, ResourceTypes, World } from './resource-type';

/** Rules of EventBridge, and what lets them invoke functions. */
export function eventTypes({ eventBridge, lambda }: World): ResourceTypes {
  const put = ({ stack, properties }: ResourceRequest, name: string) => {
    const arn = `arn:aws:events:${stack.region}:${stack.accountId}:rule/${name}`;
    eventBridge.rules.set(name, { arn, enabled: properties.State !== 'DISABLED', targets: properties.Targets ?? [] });
    return { physicalId: name, attributes: { Arn: arn } };
  };
  return {
    'AWS::Events::Rule': {
      createOnly: ['Name'],
      create: (request) => put(request, request.properties.Name ?? generatedName(request)),
      update: (request, old) => put(request, old.physicalId),
      delete: (_request, { physicalId }) => void eventBridge.rules.delete(physicalId),
    },
    'AWS::Lambda::Permission': {
      createOnly: ['FunctionName', 'Principal', 'SourceArn', 'Action'],
      create(request) {
        const { FunctionName, Principal, SourceArn } = request.properties;
        const permission = { functionArn: lambda.find(FunctionName).functionArn, principal: Principal, sourceArn: SourceArn };
        eventBridge.permissions.add(permission);
        return { physicalId: generatedName(request), attributes: { permission } };
      },
      update: (_request, old) => old,
      delete: (_request, { attributes }) => void eventBridge.permissions.delete(attributes.permission as never),
    },
  };
}
