import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { IImmutaTenant } from '../../interfaces';
import { compareTokens } from '../tokens';

/** An account and a Region, either of which may be a token. */
export interface Environment {
  readonly account: string;
  readonly region: string;
}

/** Checks that the tenant and the instance serve the account and Region of the integration. */
export function validateEnvironment(integration: IConstruct, tenant: IImmutaTenant, instance?: Environment): string[] {
  const here = Stack.of(integration);
  return [
    ...validateTenantEnvironment(tenant, here),
    ...instance && differs(instance, here) ? [
      `'accessGrantsInstance' is in ${describe(instance)}, and the integration is in ${describe(here)}: `
      + 'use \'AccessGrantsInstance.fromDefault\' of this stack',
    ] : [],
  ];
}

function validateTenantEnvironment(tenant: IImmutaTenant, here: Environment): string[] {
  const home = Stack.of(tenant);
  const where = `tenant '${tenant.node.path}' is in ${describe(home)}, and the integration is in ${describe(here)}`;
  if (differs(home, here)) {
    return [`${where}: define an 'ImmutaTenant' in a stack of this account and Region`];
  }
  if (isOnlyOneKnown(home.account, here.account) || isOnlyOneKnown(home.region, here.region)) {
    return [`${where}: give both stacks the same 'env', or neither an 'env'`];
  }
  return [];
}

function differs(one: Environment, other: Environment): boolean {
  return compareTokens(one.account, other.account) === 'different' || compareTokens(one.region, other.region) === 'different';
}

function isOnlyOneKnown(one: string, other: string): boolean {
  return Token.isUnresolved(one) !== Token.isUnresolved(other);
}

function describe({ account, region }: Environment): string {
  const [inAccount, inRegion] = [account, region].map((name) => Token.isUnresolved(name) ? 'not known' : name);
  return `account ${inAccount}, Region ${inRegion}`;
}
