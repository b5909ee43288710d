import { RemovalPolicy, Token } from 'aws-cdk-lib';

/** @param what the resource with its article, such as "an integration" */
export function validateRemovalPolicy(what: string, policy?: RemovalPolicy): string[] {
  return policy === RemovalPolicy.SNAPSHOT ? [`'removalPolicy' must be DESTROY or RETAIN, got SNAPSHOT: ${what} has no snapshots`] : [];
}

/** The properties that an adoption depends on. */
export interface Adoption {
  readonly adopt?: string;
  readonly removalPolicy?: RemovalPolicy;
  readonly hasInstance: boolean;
  /** Whether the integration defines the user whose access keys the handler manages. */
  readonly definesUser: boolean;
}

/** Checks that everything which an adopted integration uses exists and is retained. */
export function validateAdoption({ adopt, removalPolicy, hasInstance, definesUser }: Adoption): string[] {
  if (adopt === undefined) {
    return [];
  }
  const problems = [];
  if (!Token.isUnresolved(adopt) && !/^[\w-]+$/.test(adopt)) {
    problems.push(`'adopt' must be the id of an integration in Immuta, such as '17', got ${JSON.stringify(adopt)}`);
  }
  if (removalPolicy === RemovalPolicy.DESTROY) {
    problems.push('\'removalPolicy\' must not be DESTROY with \'adopt\': an integration that was adopted is never deleted, so leave \'removalPolicy\' out');
  }
  if (!hasInstance) {
    problems.push('\'adopt\' needs \'accessGrantsInstance\', as the instance of an integration that exists is there already: '
      + 'pass \'AccessGrantsInstance.fromDefault(this, …)\'');
  }
  if (definesUser) {
    problems.push('\'managedAccessKey\' needs a \'user\' with \'adopt\', as an integration that was adopted outlives the stack, and so must its user: '
      + 'pass the one that the integration has');
  }
  return problems;
}
