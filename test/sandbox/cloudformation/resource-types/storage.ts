import { generatedName, ResourceTypes } from './resource-type';
import { AwsServices } from '../../aws';

/** Buckets, Access Grants instances and parameters. */
export function storageTypes({ accessGrants, buckets, parameters }: AwsServices): ResourceTypes {
  return {
    'AWS::S3::AccessGrantsInstance': {
      get createOnly() {
        return accessGrants.changesTagsInPlace ? [] : ['Tags'];
      },
      create({ stack, properties }) {
        const { arn } = accessGrants.createInstance(stack.accountId, stack.region, {
          identityCenterArn: properties.IdentityCenterArn,
        });
        return { physicalId: arn, attributes: { AccessGrantsInstanceArn: arn, AccessGrantsInstanceId: 'default' } };
      },
      // the type's update handler may do no more than tag
      update(_request, old) {
        if (accessGrants.changesTagsInPlace) return old;
        throw new Error('AccessDenied: the update of an Access Grants instance is not supported');
      },
      delete: ({ stack }) => accessGrants.deleteInstance(stack.accountId, stack.region),
    },
    'AWS::S3::Bucket': {
      createOnly: ['BucketName'],
      create(request) {
        const { name } = buckets.createBucket(
          request.properties.BucketName ?? generatedName(request, 63).toLowerCase(),
        );
        const domain = `${name}.s3.amazonaws.com`;
        return {
          physicalId: name,
          attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: domain, RegionalDomainName: domain },
        };
      },
      update: (_request, old) => old,
      delete: (_request, { physicalId }) => buckets.deleteBucket(physicalId),
    },
    'AWS::S3::BucketPolicy': {
      createOnly: ['Bucket'],
      create({ properties }) {
        buckets.bucket(properties.Bucket).policy = properties.PolicyDocument;
        return { physicalId: properties.Bucket, attributes: {} };
      },
      update({ properties }, old) {
        buckets.bucket(properties.Bucket).policy = properties.PolicyDocument;
        return old;
      },
      delete: (_request, { physicalId }) => { buckets.bucket(physicalId).policy = undefined; },
    },
    'AWS::SSM::Parameter': {
      createOnly: ['Name'],
      create(request) {
        const name = request.properties.Name ?? generatedName(request);
        parameters.putParameter(name, request.properties.Value);
        return { physicalId: name, attributes: { Type: request.properties.Type, Value: request.properties.Value } };
      },
      update({ properties }, old) {
        parameters.putParameter(old.physicalId, properties.Value);
        return { ...old, attributes: { Type: properties.Type, Value: properties.Value } };
      },
      delete: (_request, { physicalId }) => parameters.deleteParameter(physicalId),
    },
  };
}
