import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { createProblem, Problem } from './problems';
import { IImmutaTenant } from '../../interfaces';
import { compareTokens } from '../tokens';

/** An account and a Region, either of which may be a token. */
export interface Environment {
  readonly account: string;
  readonly region: string;
}

/** Checks that the tenant and the instance serve the account and Region of the integration. */
export function validateEnvironment(integration: IConstruct, tenant: IImmutaTenant, instance?: Environment): Problem[] {
  const here = Stack.of(integration);
  return [...validateTenantEnvironment(tenant, here), ...validateInstanceEnvironment(instance, here)];
}

/** Checks the form of the ID of an account. */
export function validateAccountId(prop: string, account?: string): Problem[] {
  return account === undefined || Token.isUnresolved(account) || /^\d{12}$/.test(account) ? []
    : [createProblem('ACCOUNT_ID_INVALID', { prop, got: JSON.stringify(account) })];
}

function validateInstanceEnvironment(instance: Environment | undefined, here: Environment): Problem[] {
  if (!instance || !isDifferent(instance, here)) {
    return [];
  }
  const values = { here: describeEnvironment(here), got: describeEnvironment(instance) };
  return [createProblem('INSTANCE_IN_OTHER_ENVIRONMENT', values)];
}

function validateTenantEnvironment(tenant: IImmutaTenant, here: Environment): Problem[] {
  const home = Stack.of(tenant);
  const values = { tenant: tenant.node.path, here: describeEnvironment(here), got: describeEnvironment(home) };
  const other = [home, parseFunctionArn(tenant.handlerArn) ?? home].find((each) => isDifferent(each, here));
  if (other) {
    return [createProblem('TENANT_IN_OTHER_ENVIRONMENT', { ...values, got: describeEnvironment(other) })];
  }
  const isComparable = !isOnlyOneKnown(home.account, here.account) && !isOnlyOneKnown(home.region, here.region);
  return isComparable ? [] : [createProblem('TENANT_ENVIRONMENT_UNKNOWN', values)];
}

/** Returns where the function of an imported tenant is, if its ARN is known. */
function parseFunctionArn(arn: string): Environment | undefined {
  const [, region, account] = /^arn:[^:]+:lambda:([^:]+):([^:]+):function:/.exec(arn) ?? [];
  return region === undefined ? undefined : { account, region };
}

function isDifferent(one: Environment, other: Environment): boolean {
  return (
    compareTokens(one.account, other.account) === 'different' || compareTokens(one.region, other.region) === 'different'
  );
}

function isOnlyOneKnown(one: string, other: string): boolean {
  return Token.isUnresolved(one) !== Token.isUnresolved(other);
}

function describeEnvironment({ account, region }: Environment): string {
  const [inAccount, inRegion] = [account, region].map((name) => Token.isUnresolved(name) ? 'not known' : name);
  return `account ${inAccount}, Region ${inRegion}`;
}
