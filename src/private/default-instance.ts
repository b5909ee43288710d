import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import { Dependable, IConstruct, IDependable } from 'constructs';
import { DefinedInstance } from './access-grants-instance-base';
import { findOutermostStack } from './stacks';
import { IAccessGrantsInstance } from '../interfaces';
import { Environment } from './validation/environment';

/** Returns the instance that the scope's stack defines. Nested stacks use that of their outermost parent. */
export function findDefinedInstance(scope: IConstruct): DefinedInstance | undefined {
  return DefinedInstance._findIn(findOutermostStack(scope));
}

/**
 * Returns a dependency on the instance that the stack defines at the end of the synthesis, whichever that is.
 *
 * @param define defines the default instance if the stack has none
 */
export function dependOnDefinedInstance(scope: IConstruct, define?: (stack: Stack) => void): IDependable {
  if (define && !findDefinedInstance(scope)) {
    define(findOutermostStack(scope));
  }
  const dependable = {};
  Dependable.implement(dependable, {
    get dependencyRoots() {
      const instance = findDefinedInstance(scope);
      return instance ? [instance._resource] : [];
    },
  });
  return dependable;
}

/** Returns the account and Region of an instance. */
export function findInstanceEnvironment(instance: IAccessGrantsInstance): Environment {
  const { account, region } = instance instanceof DefinedInstance ? Stack.of(instance)
    : Arn.split(instance.accessGrantsInstanceArn, ArnFormat.SLASH_RESOURCE_NAME);
  return { account: account!, region: region! };
}

/** Returns the application that the instance has in Identity Center, if the integration's template can refer to it. */
export function findApplicationArn(integration: IConstruct, instance?: IAccessGrantsInstance): string | undefined {
  // A new association has another application, and CloudFormation cannot change an export while another stack imports
  // it.
  const isInSameStack = instance && findOutermostStack(instance) === findOutermostStack(integration);
  return isInSameStack && instance instanceof DefinedInstance ? instance._applicationArn : undefined;
}
