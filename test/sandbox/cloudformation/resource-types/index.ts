import { anyType } from './any';
import { customResource } from './custom-resource';
import { iamTypes } from './iam';
import { lambdaTypes } from './lambda';
import { monitoringTypes } from './monitoring';
import { ResourceType, World } from './resource-type';
import { secretTypes } from './secrets';
import { storageTypes } from './storage';

/** Finds how resources of a type are handled. */
export function resourceTypes(world: World, others: Set<string>): (type: string) => ResourceType {
  const custom = customResource(world);
  const any = anyType(others);
  const known = {
    ...iamTypes(world.aws),
    ...storageTypes(world.aws),
    ...lambdaTypes(world),
    ...secretTypes(world),
    ...monitoringTypes(world, any),
  };
  return (type) =>
    type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource' ? custom : (known[type] ?? any);
}
