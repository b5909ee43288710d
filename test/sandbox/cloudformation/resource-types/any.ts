import { generatedName, ResourceRequest, ResourceType } from './resource-type';

/** What names a resource, by its property; then it is its `Ref` as well. */
const NAME_PROPERTIES = ['LogGroupName', 'RepositoryName', 'AliasName', 'TableName', 'TopicName', 'QueueName'];

/**
 * A resource of a type that the sandbox knows nothing about: it exists, with an ARN of the usual form.
 *
 * @param existing ARNs of such resources, as a check that nothing is left
 */
export function anyType(existing: Set<string>): ResourceType {
  return {
    createOnly: NAME_PROPERTIES,
    create(request) {
      const given = NAME_PROPERTIES.map((property) => request.properties[property]).find(Boolean);
      const physicalId = given ?? generatedName(request);
      const arn = formatArn(request, physicalId);
      if (existing.has(arn)) throw new Error(`${physicalId} already exists`);
      existing.add(arn);
      const ids = { KeyId: physicalId, GroupId: physicalId, AllocationId: physicalId };
      const attributes = { Arn: arn, ...ids, RepositoryUri: `${physicalId}.invalid`, CidrBlock: '10.0.0.0/16' };
      return { physicalId, attributes };
    },
    update: (_request, old) => old,
    delete: (_request, record) => { existing.delete(String(record.attributes.Arn)); },
  };
}

function formatArn({ stack, type }: ResourceRequest, physicalId: string): string {
  const [, service, kind] = type.split('::');
  const place = `arn:aws:${service.toLowerCase()}:${stack.region}:${stack.accountId}`;
  if (type === 'AWS::Logs::LogGroup') return `${place}:log-group:${physicalId}:*`;
  return `${place}:${kind.toLowerCase()}/${physicalId}`;
}
