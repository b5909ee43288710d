import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * What tells a resource from another before anything is deployed.
 *
 * @param name its name or ARN, which may be a reference to it
 * @param more what else tells it from others
 */
export function identityOf(resource: IConstruct, name: string, ...more: string[]): string {
  const owner = Stack.of(resource);
  // a reference means something in its own stack only
  const path = Token.isUnresolved(name) ? owner.node.path : '';
  return JSON.stringify(owner.resolve([name, path, ...more]));
}
