import { randomBytes } from 'crypto';
import { runSimulation, Simulation } from '@cloud-copilot/iam-simulate';
import { SandboxClock } from '../clock';
import { AwsError } from './aws-error';
import { Eventual } from './eventual';

/** A policy document, as JSON. */
export type PolicyDocument = Record<string, unknown>;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** A role or a user. */
interface Identity {
  readonly name: string;
  readonly arn: string;
  /** AROA… or AIDA…: another one each time that a role of the same name is made. */
  readonly id: string;
  /** The trust policy; users have none. */
  readonly trust?: Eventual<PolicyDocument>;
  readonly boundary: Eventual<string | undefined>;
  readonly inline: Map<string, Eventual<PolicyDocument>>;
  readonly attached: Map<string, Eventual<true>>;
  readonly tags: Map<string, string>;
}

/** A key of a user, as `ListAccessKeys` shows it. */
export interface AccessKeyMetadata {
  readonly accessKeyId: string;
  readonly createdAt: number;
}

interface StoredKey {
  readonly principal: string;
  readonly secret: string;
  readonly createdAt: number;
  /** Of a session's key. */
  readonly expiresAt?: number;
}

/** What a role's sessions last at most. */
const SESSION_MS = 12 * 3_600_000;

/** What IAM allows. */
const KEYS_PER_USER = 2;
const TAGS_PER_USER = 50;

export interface CreateRoleOptions {
  readonly roleName: string;
  readonly assumeRolePolicyDocument: PolicyDocument;
  /** @default '/' */
  readonly path?: string;
  /** @default - the sandbox's account */
  readonly accountId?: string;
  /** ARN of a managed policy. */
  readonly permissionsBoundary?: string;
}

export interface CreateUserOptions {
  readonly userName: string;
  /** @default '/' */
  readonly path?: string;
  readonly permissionsBoundary?: string;
}

/** What an authorization is asked with, beyond action and resource. */
export interface AuthorizationContext {
  readonly keys?: Record<string, string | string[]>;
  readonly resourcePolicy?: PolicyDocument;
  /** @default - the account in the resource's ARN, else the principal's */
  readonly resourceAccount?: string;
}

/**
 * IAM of the sandbox: roles, users, their policies, their credentials, and who may do what.
 *
 * Changes take effect `propagationMs` after they are made; removals at once.
 */
export class IamState {
  /** How long a new or changed role, policy or attachment takes to have effect. */
  propagationMs = 0;
  /**
   * Whose changes take that long: those of roles, users and managed policies with such an ARN; all others have effect
   * at once.
   */
  propagationOf = /./;
  /** What the organization lets the account do at most. @default - everything */
  organizationPolicy?: PolicyDocument;
  /** What was asked of `authorize`, in its order. */
  readonly authorizations: { readonly principal: string; readonly action: string; readonly resource: string }[] = [];
  /** How long a new access key takes until a service takes it; one that is deleted is refused at once. */
  keyPropagationMs = 0;
  /** How long a list of keys may show the state before a change. */
  keyListLagMs = 0;
  /** By access key id. */
  private readonly keys = new Map<string, StoredKey>();
  private readonly deletedKeys = new Map<string, StoredKey & { readonly deletedAt: number }>();
  /** Every secret access key that there ever was, by its id. */
  readonly everySecretKey = new Map<string, string>();
  private readonly identities = new Map<string, Identity>();
  private readonly managedPolicies = new Map<string, Eventual<PolicyDocument>>();
  /** The user of the `cdk` CLI and of the tests, who may do everything. */
  readonly admin: string;

  constructor(
    private readonly clock: SandboxClock,
    private readonly accountId: string,
  ) {
    this.admin = `arn:aws:iam::${accountId}:user/admin`;
    // of AWS's own managed policies, the one that the bootstrap stack attaches; the others allow nothing here
    const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess';
    this.managedPolicies.set(administrator, this.eventual(administrator, ALLOW_ALL));
  }

  // ----- roles and users: `name` is a role's or user's name in the sandbox's account, or an ARN

  createRole(options: CreateRoleOptions): { arn: string; roleId: string } {
    const arn = `arn:aws:iam::${options.accountId ?? this.accountId}:role${options.path ?? '/'}${options.roleName}`;
    const trust = this.eventual(arn, options.assumeRolePolicyDocument);
    return { arn, roleId: this.add(options.roleName, arn, 'AROA', options.permissionsBoundary, trust).id };
  }

  createUser(options: CreateUserOptions): { arn: string; userId: string } {
    const arn = `arn:aws:iam::${this.accountId}:user${options.path ?? '/'}${options.userName}`;
    return { arn, userId: this.add(options.userName, arn, 'AIDA', options.permissionsBoundary).id };
  }

  updateAssumeRolePolicy(role: string, document: PolicyDocument): void {
    this.require(role, 'role').trust!.set(document);
  }

  /** Of a role or a user, which only an ARN tells apart. */
  putPermissionsBoundary(principal: string, boundary: string | undefined, kind: 'role' | 'user' = 'role'): void {
    this.require(principal, kind).boundary.set(boundary);
  }

  /** Fails with `DeleteConflict` while it has policies of any owner. */
  deleteRole(role: string): void {
    this.remove(this.require(role, 'role'));
  }

  /** Gives a user another path, and so another ARN. */
  moveUser(user: string, path = '/'): { arn: string } {
    return this.changeUser(user, path);
  }

  /** Gives a user another name. Its access keys remain. */
  renameUser(user: string, name: string): { arn: string } {
    return this.changeUser(user, '/', name);
  }

  private changeUser(user: string, path: string, name = this.require(user, 'user').name): { arn: string } {
    const identity = this.require(user, 'user');
    const arn = `arn:aws:iam::${this.accountId}:user${path}${name}`;
    if (arn !== identity.arn) {
      this.identities.delete(identity.arn);
      this.identities.set(arn, { ...identity, name, arn });
      this.keys.forEach((key, id) => key.principal === identity.arn && this.keys.set(id, { ...key, principal: arn }));
    }
    return { arn };
  }

  /** The same, and while access keys are. */
  deleteUser(user: string): void {
    if (this.accessKeys(user).length > 0) {
      throw new AwsError(409, 'DeleteConflict', 'Cannot delete entity, must delete access keys first.');
    }
    this.remove(this.require(user, 'user'));
  }

  /** ARN of the user, whether or not it exists: what a policy must allow. */
  userArn(user: string): string {
    return this.find(user, 'user')?.arn ?? `arn:aws:iam::${this.accountId}:user/${user}`;
  }

  userTags(user: string): ReadonlyMap<string, string> {
    return this.require(user, 'user').tags;
  }

  tagUser(user: string, tags: Record<string, string>): void {
    const identity = this.require(user, 'user');
    const all = new Map([...identity.tags, ...Object.entries(tags)]);
    const wrong = Object.entries(tags)
      .flat()
      .find((text) => !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(text));
    if (wrong !== undefined) throw new AwsError(400, 'ValidationError', `'${wrong}' cannot be in a tag`);
    if (all.size > TAGS_PER_USER) {
      throw new AwsError(409, 'LimitExceeded', `Cannot exceed quota for TagsPerUser: ${TAGS_PER_USER}`);
    }
    all.forEach((value, key) => identity.tags.set(key, value));
  }

  untagUser(user: string, keys: string[]): void {
    const { tags } = this.require(user, 'user');
    keys.forEach((key) => tags.delete(key));
  }

  /** The ARNs of all roles, as a check that nothing is left. */
  get roleArns(): string[] {
    return [...this.identities.keys()].filter((arn) => arn.includes(':role/'));
  }

  // ----- policies

  /** Replaces a policy of the same name: names of inline policies are per principal. */
  putRolePolicy(role: string, policyName: string, document: PolicyDocument): void {
    this.putInline(this.require(role, 'role'), policyName, document);
  }

  hasRolePolicy(role: string, policyName: string): boolean {
    return this.require(role, 'role').inline.has(policyName);
  }

  putUserPolicy(user: string, policyName: string, document: PolicyDocument): void {
    this.putInline(this.require(user, 'user'), policyName, document);
  }

  deleteRolePolicy(role: string, policyName: string): void {
    this.require(role, 'role').inline.delete(policyName);
  }

  deleteUserPolicy(user: string, policyName: string): void {
    this.require(user, 'user').inline.delete(policyName);
  }

  /**
   * Names of the inline policies of a role or user, given by ARN, and ARNs of its managed ones; none if it does not
   * exist.
   */
  policiesOf(arn: string): string[] {
    const { inline, attached } = this.identities.get(arn) ?? {};
    return [...(inline?.keys() ?? []), ...(attached?.keys() ?? [])];
  }

  createPolicy(policyName: string, document: PolicyDocument, path = '/'): string {
    const arn = `arn:aws:iam::${this.accountId}:policy${path}${policyName}`;
    if (this.managedPolicies.has(arn)) {
      throw new AwsError(409, 'EntityAlreadyExists', `A policy called ${policyName} already exists.`);
    }
    this.managedPolicies.set(arn, this.eventual(arn, document));
    return arn;
  }

  updatePolicy(policyArn: string, document: PolicyDocument): void {
    this.managedPolicies.get(policyArn)!.set(document);
  }

  deletePolicy(policyArn: string): void {
    const user = [...this.identities.values()].find((identity) => identity.attached.has(policyArn));
    if (user) throw new AwsError(409, 'DeleteConflict', `Cannot delete a policy attached to entities: ${user.arn}`);
    this.managedPolicies.delete(policyArn);
  }

  attachRolePolicy(role: string, policyArn: string): void {
    this.attach(this.require(role, 'role'), policyArn);
  }

  attachUserPolicy(user: string, policyArn: string): void {
    this.attach(this.require(user, 'user'), policyArn);
  }

  detachRolePolicy(role: string, policyArn: string): void {
    this.require(role, 'role').attached.delete(policyArn);
  }

  detachUserPolicy(user: string, policyArn: string): void {
    this.require(user, 'user').attached.delete(policyArn);
  }

  // ----- credentials

  /**
   * Credentials of a session of the role, as the Lambda stand-in gives them to a function. They expire after 12
   * hours.
   */
  sessionFor(roleArn: string): Credentials {
    return {
      ...this.addKey('ASIA', roleArn, this.clock.now() + SESSION_MS),
      sessionToken: randomBytes(24).toString('base64'),
    };
  }

  createAccessKey(user: string): { accessKeyId: string; secretAccessKey: string } {
    if (this.accessKeys(user).length >= KEYS_PER_USER) {
      throw new AwsError(409, 'LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${KEYS_PER_USER}`);
    }
    return this.addKey('AKIA', this.require(user, 'user').arn);
  }

  /** @param user Whose key it must be */
  deleteAccessKey(accessKeyId: string, user?: string): void {
    const key = this.keys.get(accessKeyId);
    if (!key || (user !== undefined && key.principal !== this.require(user, 'user').arn)) {
      throw new AwsError(404, 'NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found.`);
    }
    this.keys.delete(accessKeyId);
    this.deletedKeys.set(accessKeyId, { ...key, deletedAt: this.clock.now() });
  }

  /**
   * The keys of a user, as a list shows them: without those that were created, and with those that were deleted, a
   * moment ago.
   */
  listAccessKeys(user: string): AccessKeyMetadata[] {
    const { arn } = this.require(user, 'user');
    const since = this.clock.now() - this.keyListLagMs;
    const deleted = [...this.deletedKeys].filter(
      ([, { principal, deletedAt }]) => principal === arn && deletedAt > since,
    );
    return [
      ...this.accessKeys(user).filter(({ createdAt }) => createdAt <= since),
      ...deleted.map(([accessKeyId, { createdAt }]) => ({ accessKeyId, createdAt })),
    ];
  }

  /** The keys of a user, the oldest first. */
  accessKeys(user: string): AccessKeyMetadata[] {
    const { arn } = this.require(user, 'user');
    return [...this.keys]
      .filter(([, { principal }]) => principal === arn)
      .map(([accessKeyId, { createdAt }]) => ({ accessKeyId, createdAt }));
  }

  /** All keys of all users, as a check that nothing is left. */
  get accessKeyIds(): string[] {
    return [...this.keys.keys()].filter((id) => id.startsWith('AKIA'));
  }

  /**
   * Returns the principal of a key. Keys that the sandbox did not issue are unknown, except `test`, the dummy key of
   * the admin.
   */
  principalOf(accessKeyId: string): string | undefined {
    if (accessKeyId === DUMMY_CREDENTIALS.accessKeyId) return this.admin;
    const { principal, expiresAt = Infinity } = this.keys.get(accessKeyId) ?? {};
    return this.clock.now() < expiresAt ? principal : undefined;
  }

  /** The user whose valid pair of keys this is. */
  authenticate(accessKeyId: string, secretAccessKey: string): string | undefined {
    const key = this.keys.get(accessKeyId);
    const isInForce = key && key.createdAt + this.keyPropagationMs <= this.clock.now();
    return isInForce && key.secret === secretAccessKey && this.identities.has(key.principal)
      ? key.principal
      : undefined;
  }

  // ----- who may do what

  exists(arn: string): boolean {
    return this.identities.has(arn);
  }

  /** Whether the principal's policies, its boundary and the resource's policy allow the action now. */
  async authorize(
    principal: string,
    action: string,
    resource: string,
    context: AuthorizationContext = {},
  ): Promise<boolean> {
    this.authorizations.push({ principal, action, resource });
    if (principal === this.admin) return true;
    const identity = this.identities.get(principal);
    return (
      identity !== undefined && this.simulate(principal, action, resource, context, this.policiesThatBind(identity))
    );
  }

  /** Whether each of the kinds of policies that bind a principal allows an action, as IAM's policy simulator tells. */
  async verdicts(
    principal: string,
    action: string,
    resource: string,
    context: AuthorizationContext,
  ): Promise<Record<'own' | 'boundary' | 'organization', boolean> & { readonly documents: PolicyDocument[] }> {
    const identity = this.identities.get(principal);
    if (!identity) throw new AwsError(404, 'NoSuchEntity', `${principal} cannot be found.`);
    const { identityPolicies, ...others } = this.policiesThatBind(identity);
    const allows = (policies: Policies) =>
      this.simulate(principal, action, resource, { ...context, resourceAccount: principal.split(':')[4] }, policies);
    const bound = [...identityPolicies, ...others.permissionBoundaryPolicies ?? []].map(({ policy }) => policy);
    return {
      documents: [...bound, ...this.organizationPolicy ? [this.organizationPolicy] : []],
      own: await allows({ identityPolicies }),
      boundary: await allows({
        identityPolicies: ANYTHING,
        permissionBoundaryPolicies: others.permissionBoundaryPolicies,
      }),
      organization: await allows({ identityPolicies: ANYTHING, serviceControlPolicies: others.serviceControlPolicies }),
    };
  }

  private policiesThatBind(identity: Identity): Policies {
    const boundary = identity.boundary.effective;
    return {
      identityPolicies: this.effectivePolicies(identity),
      permissionBoundaryPolicies: boundary
        ? [{ name: boundary, policy: this.managedPolicies.get(boundary)?.effective ?? DENY_ALL }]
        : undefined,
      serviceControlPolicies: this.organizationPolicy
        ? [{ orgIdentifier: 'organization', policies: [{ name: 'scp', policy: this.organizationPolicy }] }]
        : [],
    };
  }

  /**
   * Whether the trust policy lets the principal (an ARN or a service such as `access-grants.s3.amazonaws.com`) do the
   * action on the role now. The principal's own policies are taken to allow it: they are another account's business.
   */
  async assumable(
    roleArn: string,
    principal: string,
    keys: Record<string, string> = {},
    action = 'sts:AssumeRole',
  ): Promise<boolean> {
    const trust = this.identities.get(roleArn)?.trust?.effective;
    if (!trust) return false;
    return this.simulate(
      principal,
      action,
      roleArn,
      { keys, resourcePolicy: trust },
      {
        identityPolicies: principal.startsWith('arn:') ? ANYTHING : [],
      },
    );
  }

  protected async simulate(
    principal: string,
    action: string,
    resource: string,
    context: AuthorizationContext,
    policies: Policies,
  ): Promise<boolean> {
    const result = await decide({
      request: {
        principal,
        action,
        resource: {
          resource,
          accountId: context.resourceAccount ?? (resource.split(':')[4] || principal.split(':')[4]),
        },
        contextVariables: { ...principalKeys(principal), ...context.keys },
      },
      serviceControlPolicies: [],
      ...policies,
      resourcePolicy: context.resourcePolicy,
      resourceControlPolicies: [],
    });
    if (result.resultType === 'error') {
      throw new Error(`cannot evaluate ${action} on ${resource}: ${JSON.stringify(result.errors)}`);
    }
    return result.overallResult === 'Allowed';
  }

  private effectivePolicies(identity: Identity): Policies['identityPolicies'] {
    const attached = [...identity.attached].filter(([, since]) => since.effective);
    return [
      ...[...identity.inline].map(([name, document]) => ({ name, policy: document.effective })),
      ...attached.map(([arn]) => ({ name: arn, policy: this.managedPolicies.get(arn)?.effective })),
    ].filter(({ policy }) => policy);
  }

  // ----- storage

  private eventual<T>(arn: string, value: T): Eventual<T> {
    return new Eventual(this.clock, () => (this.propagationOf.test(arn) ? this.propagationMs : 0), value);
  }

  private add(
    name: string,
    arn: string,
    idPrefix: string,
    boundary?: string,
    trust?: Eventual<PolicyDocument>,
  ): Identity {
    if (this.identities.has(arn)) throw new AwsError(409, 'EntityAlreadyExists', `${arn} already exists.`);
    const empty = { inline: new Map(), attached: new Map(), tags: new Map() };
    const identity = { name, arn, id: newId(idPrefix), trust, boundary: this.eventual(arn, boundary), ...empty };
    this.identities.set(arn, identity);
    return identity;
  }

  private find(nameOrArn: string, kind: 'role' | 'user'): Identity | undefined {
    const isWanted = (identity: Identity) =>
      identity.arn === nameOrArn ||
      (identity.name === nameOrArn && identity.arn.startsWith(`arn:aws:iam::${this.accountId}:${kind}/`));
    return [...this.identities.values()].find(isWanted);
  }

  private require(nameOrArn: string, kind: 'role' | 'user'): Identity {
    const identity = this.find(nameOrArn, kind);
    if (!identity) throw new AwsError(404, 'NoSuchEntity', `The ${kind} with name ${nameOrArn} cannot be found.`);
    return identity;
  }

  private remove(identity: Identity): void {
    if (identity.inline.size + identity.attached.size > 0) {
      throw new AwsError(
        409,
        'DeleteConflict',
        `Cannot delete entity, must delete or detach policies first: ${identity.arn}`,
      );
    }
    this.identities.delete(identity.arn);
  }

  private putInline(identity: Identity, name: string, document: PolicyDocument): void {
    const existing = identity.inline.get(name);
    if (existing) return existing.set(document);
    identity.inline.set(name, this.eventual(identity.arn, document));
  }

  private attach(identity: Identity, policyArn: string): void {
    identity.attached.set(policyArn, this.eventual(identity.arn, true));
  }

  private addKey(
    prefix: string,
    principal: string,
    expiresAt?: number,
  ): { accessKeyId: string; secretAccessKey: string } {
    const key = { accessKeyId: newId(prefix), secretAccessKey: randomBytes(30).toString('base64') };
    this.keys.set(key.accessKeyId, { principal, secret: key.secretAccessKey, createdAt: this.clock.now(), expiresAt });
    this.everySecretKey.set(key.accessKeyId, key.secretAccessKey);
    return key;
  }
}

/** Credentials of the admin, for the `cdk` CLI's environment. */
export const DUMMY_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

interface Policies {
  readonly identityPolicies: { name: string; policy: any }[];
  readonly permissionBoundaryPolicies?: { name: string; policy: any }[];
  readonly serviceControlPolicies?: { orgIdentifier: string; policies: { name: string; policy: any }[] }[];
}

const ALLOW_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const DENY_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] };

const ANYTHING = [{ name: 'any', policy: ALLOW_ALL }];

/** The global condition keys about who calls. */
function principalKeys(principal: string): Record<string, string> {
  if (!principal.startsWith('arn:')) {
    return { 'aws:PrincipalIsAWSService': 'true', 'aws:PrincipalServiceName': principal };
  }
  return {
    'aws:PrincipalArn': principal,
    'aws:PrincipalAccount': principal.split(':')[4],
    'aws:PrincipalIsAWSService': 'false',
  };
}

function newId(prefix: string): string {
  return prefix + randomBytes(8).toString('hex').toUpperCase();
}

type Decision = ReturnType<typeof runSimulation>;

/** What was decided before: handlers ask the same again and again, and the answer depends on the question only. */
const decisions = new Map<string, Decision>();

function decide(simulation: Simulation): Decision {
  const key = JSON.stringify(simulation);
  const decision = decisions.get(key) ?? runSimulation(simulation, { simulationMode: 'Strict' });
  decisions.set(key, decision);
  return decision;
}
