import { Arn, ArnFormat, Lazy, Stack } from 'aws-cdk-lib';
import { Dependable, IConstruct, IDependable } from 'constructs';
import { DefinedInstance } from './access-grants-instance-base';
import { formatApplicationArns, IdentityCenter } from './policies/identity-center';
import { findOutermostStack } from './stacks';
import { containsDummy } from './tokens';
import { IdentityCenterOptions } from '../identity-center';
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
  const { accessGrantsInstanceArn: arn } = instance;
  const isKnown = !(instance instanceof DefinedInstance) && !containsDummy(arn);
  const { account, region } = isKnown ? Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME) : Stack.of(instance);
  return { account: account!, region: region! };
}

/**
 * Completes the options for Identity Center with the defaults of the integration and its instance.
 *
 * @param findInstance returns the instance at the end of the synthesis: the stack may define it later
 */
export function resolveIdentityCenter(
  integration: IConstruct,
  options: IdentityCenterOptions | undefined,
  findInstance: () => IAccessGrantsInstance | undefined,
): IdentityCenter | undefined {
  if (!options) {
    return undefined;
  }
  const { account, partition } = Stack.of(integration);
  const anyApplication = formatApplicationArns(partition, options.instanceArn);
  return {
    ...options,
    identityStoreAccount: options.identityStoreAccount ?? account,
    encryptionKeyArn: options.encryptionKey?.keyArn,
    applicationArn: options.applicationArn
      ?? Lazy.string({ produce: () => findApplicationArn(integration, findInstance()) ?? anyApplication }),
  };
}

/** Returns the application that the instance has in Identity Center, if the integration's template can refer to it. */
function findApplicationArn(integration: IConstruct, instance?: IAccessGrantsInstance): string | undefined {
  // A new association has another application. CloudFormation cannot change an export while another stack imports it.
  const isInSameStack = instance && findOutermostStack(instance) === findOutermostStack(integration);
  return isInSameStack && instance instanceof DefinedInstance ? instance._applicationArn : undefined;
}
