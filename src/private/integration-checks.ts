import { Arn, ArnFormat, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { DefinedInstance } from './defined-instance';
import { IAccessGrantsInstance } from '../access-grants-instance';
import { NAME_MARK_LENGTH, NAME_MAX_LENGTH } from '../handler/contract';
import { IdentityCenterOptions } from '../identity-center';
import { IImmutaTenant } from '../immuta-tenant';
import { S3Location } from '../s3-location';
import { ManagedUser } from './authentication';
import { compare, compareEnvironments } from './environment';

const MAX_TIMEOUT = Duration.minutes(50);
const MAX_IAM_PROPAGATION = Duration.minutes(10);

/** What the checks know of an integration. */
export interface CheckedIntegration extends IConstruct {
  readonly _tenant: IImmutaTenant;
  readonly _location: S3Location;
  readonly _name?: string;
  readonly _managedUser?: ManagedUser;
}

/** A duration that cannot be compared with another. */
export function durationProblems(prop: string, duration?: Duration): string[] {
  if (!duration) {
    return [];
  }
  if (duration.isUnresolved()) {
    return [`'${prop}' must be known when the app is synthesized, got a token: give it a number`];
  }
  const seconds = duration.toSeconds({ integral: false });
  return Number.isInteger(seconds) ? [] : [`'${prop}' must be whole seconds, got ${seconds} seconds`];
}

/** How long a deployment may wait for the handler. */
export function patienceProblems(timeout: Duration): string[] {
  return timeout.toSeconds() >= 60 && timeout.toSeconds() <= MAX_TIMEOUT.toSeconds() ? []
    : [`'timeout' must be between 1 and ${MAX_TIMEOUT.toMinutes()} minutes, got ${timeout.toHumanString()}: CloudFormation waits an hour at most`];
}

export function timeoutProblems(timeout: Duration, iamPropagationTimeout: Duration): string[] {
  const problems = patienceProblems(timeout);
  const longest = Math.min(timeout.toSeconds(), MAX_IAM_PROPAGATION.toSeconds());
  if (iamPropagationTimeout.toSeconds() > longest) {
    problems.push(`'iamPropagationTimeout' must be at most ${MAX_IAM_PROPAGATION.toMinutes()} minutes and at most 'timeout' (${timeout.toHumanString()}), `
      + `got ${iamPropagationTimeout.toHumanString()}: shorten it or lengthen 'timeout'`);
  }
  if (iamPropagationTimeout.toSeconds() < 1) {
    problems.push(`'iamPropagationTimeout' must be at least 1 second, got ${iamPropagationTimeout.toHumanString()}: leave it out for 3 minutes`);
  }
  return problems;
}

/** @param adopts Whether it may be the name that an integration has: all of it, its mark included. */
export function nameProblems(name: string | undefined, adopts: boolean): string[] {
  const longest = adopts ? NAME_MAX_LENGTH : NAME_MAX_LENGTH - NAME_MARK_LENGTH;
  if (name === undefined || Token.isUnresolved(name) || (name.trim() !== '' && name.length <= longest)) {
    return [];
  }
  const rest = adopts ? '' : `: the integration's mark takes the other ${NAME_MARK_LENGTH} of ${NAME_MAX_LENGTH}`;
  return [`'integrationName' must have 1 to ${longest} characters, got ${JSON.stringify(name)} (${name.length})${rest}`];
}

/** @param what whose policy it is, with its article */
export function removalPolicyProblems(what: string, policy?: RemovalPolicy): string[] {
  return policy === RemovalPolicy.SNAPSHOT ? [`'removalPolicy' must be DESTROY or RETAIN, got SNAPSHOT: ${what} has no snapshots`] : [];
}

/** An integration that exists has an id, and an instance that exists too, and is not to be deleted. */
export function adoptProblems(adopt?: string, removalPolicy?: RemovalPolicy, instance?: IAccessGrantsInstance, managedUser?: ManagedUser): string[] {
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
  if (!instance) {
    problems.push('\'adopt\' needs \'accessGrantsInstance\', as the instance of an integration that exists is there already: '
      + 'pass \'AccessGrantsInstance.fromDefault(this, …)\'');
  }
  if (managedUser?.isOwn) {
    problems.push('\'managedAccessKey\' needs a \'user\' with \'adopt\', as an integration that was adopted outlives the stack, and so must its user: '
      + 'pass the one that the integration has');
  }
  return problems;
}

/** Buckets that S3 Access Grants cannot reach from here. */
export function bucketRegionProblems(scope: IConstruct, location: S3Location): string[] {
  const { region } = Stack.of(scope);
  return location._buckets.filter(({ env }) => compare(env.region, region) === 'different')
    .map((bucket) => `bucket '${bucket.node.path}' is in Region ${bucket.env.region}, and S3 Access Grants of ${region} reaches buckets of its own Region only: `
      + 'define the integration in a stack of the bucket\'s Region');
}

export function locationProblems(location: S3Location): string[] {
  const problems = [];
  const accounts = new Set(location._buckets.map(({ env }) => env.account));
  if (accounts.size > 1) {
    problems.push(`'buckets' must be of one account, got buckets of ${[...accounts].join(', ')}: define an integration for each account's buckets`);
  }
  if (location._prefix !== undefined && !Token.isUnresolved(location._prefix)) {
    problems.push(...prefixProblems(location._prefix));
  }
  return problems;
}

function prefixProblems(prefix: string): string[] {
  if (prefix === '') {
    return ['the prefix of the location is empty: use \'S3Location.bucket\' for a whole bucket'];
  }
  if (prefix.startsWith('/')) {
    return [`the prefix of the location must not begin with '/', got ${JSON.stringify(prefix)}: object keys do not, so write ${JSON.stringify(prefix.replace(/^\/+/, ''))}`];
  }
  return prefix.includes('*') ? [`the prefix of the location must not contain '*', got ${JSON.stringify(prefix)}: a location covers all keys that begin with it`] : [];
}

/** Keys that a policy cannot name. */
export function keyProblems(keys: kms.IKey[]): string[] {
  return keys.filter(({ keyArn }) => keyArn.includes(':alias/')).map(({ node }) => `'encryptionKeys' must be keys, got the alias '${node.path}': `
    + 'no policy matches the ARN of an alias, so import the key itself, with \'kms.Key.fromKeyArn\' or \'kms.Key.fromLookup\'');
}

/** A tenant or instance that serves another account or Region. */
export function environmentProblems(scope: IConstruct, tenant: IImmutaTenant, instance?: IAccessGrantsInstance): string[] {
  const { account, region } = Stack.of(scope);
  const home = Stack.of(tenant);
  return [
    ...different(`tenant '${tenant.node.path}'`, home.account, home.region, 'define an \'ImmutaTenant\' in a stack of this account and Region'),
    ...onlyOneKnown(home.account, account) || onlyOneKnown(home.region, region) ? [
      `tenant '${tenant.node.path}' is in ${where(home.account, home.region)}, and the integration is in ${where(account, region)}: `
      + 'give both stacks the same \'env\', or neither an \'env\'',
    ] : [],
    ...instance ? different('\'accessGrantsInstance\'', ...environmentOf(instance), 'use \'AccessGrantsInstance.fromDefault\' of this stack') : [],
  ];

  function different(what: string, otherAccount: string, otherRegion: string, remedy: string): string[] {
    if (compare(otherAccount, account) !== 'different' && compare(otherRegion, region) !== 'different') {
      return [];
    }
    return [`${what} is in ${where(otherAccount, otherRegion)}, and the integration is in ${where(account, region)}: ${remedy}`];
  }

  function onlyOneKnown(one: string, other: string): boolean {
    return Token.isUnresolved(one) !== Token.isUnresolved(other);
  }

  function where(...names: [account: string, region: string]): string {
    const [inAccount, inRegion] = names.map((name) => Token.isUnresolved(name) ? 'not known' : name);
    return `account ${inAccount}, Region ${inRegion}`;
  }
}

function environmentOf(instance: IAccessGrantsInstance): [account: string, region: string] {
  const { account, region } = instance instanceof DefinedInstance ? Stack.of(instance)
    : Arn.split(instance.accessGrantsInstanceArn, ArnFormat.SLASH_RESOURCE_NAME);
  return [account!, region!];
}

/** @param instance An instance that the user defined or imported */
export function identityCenterProblems(options: IdentityCenterOptions | undefined, instance?: IAccessGrantsInstance): string[] {
  if (!options) {
    return [];
  }
  const problems = [];
  if (!instance) {
    problems.push('\'identityCenter\' needs an instance of S3 Access Grants that is associated with Identity Center, which the default one is not: '
      + 'pass \'accessGrantsInstance: new AdoptingAccessGrantsInstance(this, …, { identityCenterInstanceArn })\', or an imported one');
  }
  if (instance instanceof DefinedInstance && isKnownToDiffer(instance._identityCenterInstanceArn, options.instanceArn)) {
    problems.push(`'identityCenterInstanceArn' of '${instance.node.path}' must be 'identityCenter.instanceArn', ${JSON.stringify(options.instanceArn)}, `
      + `got ${instance._identityCenterInstanceArn === undefined ? 'none' : JSON.stringify(instance._identityCenterInstanceArn)}: `
      + 'S3 Access Grants knows the users and groups of the Identity Center instance that it is associated with, so give both the same');
  }
  problems.push(...identityCenterArnProblems('identityCenter.instanceArn', options.instanceArn));
  if (!Token.isUnresolved(options.identityStoreId) && !/^(d-[0-9a-f]{10}|[0-9a-f-]{36})$/.test(options.identityStoreId)) {
    problems.push(`'identityCenter.identityStoreId' must look like d-1234567890, got ${JSON.stringify(options.identityStoreId)}: 'aws sso-admin list-instances' prints it`);
  }
  return problems;
}

export function identityCenterArnProblems(prop: string, arn?: string): string[] {
  if (arn === undefined || Token.isUnresolved(arn) || /^arn:[^:]+:sso:::instance\/(sso)?ins-[\w.-]+$/.test(arn)) {
    return [];
  }
  return [`'${prop}' must look like arn:aws:sso:::instance/ssoins-1111222233334444, got ${JSON.stringify(arn)}: 'aws sso-admin list-instances' prints it`];
}

function isKnownToDiffer(associated: string | undefined, wanted: string): boolean {
  return associated === undefined || compare(associated, wanted) === 'different';
}

/** Other integrations of the app that have the same name or path. Of two, the second reports. */
export function duplicateProblems(integration: CheckedIntegration, earlier: CheckedIntegration[]): string[] {
  const problems = [];
  const sameName = earlier.find((other) => integration._name !== undefined && !Token.isUnresolved(integration._name)
    && other._name === integration._name && other._tenant.url === integration._tenant.url);
  if (sameName) {
    problems.push(`'integrationName' ${JSON.stringify(integration._name)} is also the name of '${sameName.node.path}': names are unique within a tenant, so give another`);
  }
  const samePath = earlier.find((other) => sameLocation(other, integration) && compareEnvironments(other, integration) === 'same');
  if (samePath) {
    problems.push(`'${samePath.node.path}' governs the same location, and Immuta and S3 Access Grants take a location once: remove one of the two`);
  }
  return problems;
}

/** Another integration that manages the access keys of the same user: IAM allows two, which one integration needs. Of two, the second reports. */
export function managedUserProblems(integration: CheckedIntegration, earlier: CheckedIntegration[]): string[] {
  const user = integration._managedUser?.user;
  const other = user && earlier.find(({ _managedUser }) => _managedUser
    && (_managedUser.user === user || (_managedUser.user.userName === user.userName && compare(_managedUser.user.env.account, user.env.account) !== 'different')));
  return other ? [`'user' of 'managedAccessKey' is '${user.node.path}', which '${other.node.path}' has, too, and IAM allows two access keys, which one integration `
    + 'needs when it changes: give each a user of its own'] : [];
}

/** A warning's id and text. */
export type Warning = [id: string, message: string];

/** What may be wrong with an integration next to others of the app, or is meant so. */
export function neighbourWarnings(integration: CheckedIntegration, earlier: CheckedIntegration[]): Warning[] {
  const elsewhere = earlier.filter((other) => compareEnvironments(other, integration) !== 'same');
  const here = earlier.filter((other) => compareEnvironments(other, integration) === 'same');
  const wholeAccount = elsewhere.find((other) => integration._location._allBuckets && other._location._allBuckets
    && other._tenant.url === integration._tenant.url);
  const overlapping = here.filter((other) => !sameLocation(other, integration) && overlap(other._location, integration._location));
  return [
    ...wholeAccount ? [[
      'all-buckets-twice',
      `'${wholeAccount.node.path}' also governs s3:// for the same tenant: Immuta says that a path is unique among its integrations, and may refuse a second account or Region; use 'S3Location.bucket'`,
    ] satisfies Warning] : [],
    ...overlapping.map((other): Warning => [
      'overlapping-locations',
      `the location overlaps with that of '${other.node.path}': S3 Access Grants uses the most specific location, so that grants of the wider one do not reach the narrower one's data`,
    ]),
  ];
}

export function prefixWarnings({ _prefix: prefix }: S3Location): Warning[] {
  if (prefix === undefined || Token.isUnresolved(prefix) || prefix === '' || prefix.endsWith('/')) {
    return [];
  }
  return [['prefix-without-slash', `the location covers every key that begins with ${JSON.stringify(prefix)}, `
    + `such as ${JSON.stringify(`${prefix}-other/key`)}: end the prefix with '/' if it means a folder`]];
}

function sameLocation(one: CheckedIntegration, other: CheckedIntegration): boolean {
  const [a, b] = [one._location, other._location];
  return a._identity === b._identity || (!a._allBuckets && !b._allBuckets && sameBucket(a, b) && a._prefix === b._prefix);
}

function overlap(one: S3Location, other: S3Location): boolean {
  if (one._allBuckets || other._allBuckets) {
    return true;
  }
  const [a, b] = [one, other].map((location) => location._prefix ?? '');
  return sameBucket(one, other) && (a.startsWith(b) || b.startsWith(a));
}

function sameBucket(one: S3Location, other: S3Location): boolean {
  return nameOf(one._buckets[0]) === nameOf(other._buckets[0]);
}

/** The name that a bucket was given, which is how it may be imported elsewhere, or else a reference to it. */
function nameOf(bucket: s3.IBucket): string {
  const name = (bucket.node.defaultChild as s3.CfnBucket | undefined)?.bucketName;
  return name === undefined || Token.isUnresolved(name) ? bucket.bucketName : name;
}
