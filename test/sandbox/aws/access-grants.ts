import { randomUUID } from 'crypto';
import { SandboxClock } from '../clock';
import { dropLastSlash } from '../last-slash';
import { AwsError } from './aws-error';
import { IamState } from './iam';

export interface AccessGrantsLocation {
  /** `default` for `s3://`, else a UUID. */
  readonly id: string;
  readonly arn: string;
  readonly scope: string;
  roleArn: string;
  readonly createdAt: number;
}

export interface AccessGrant {
  readonly id: string;
  readonly arn: string;
  readonly locationId: string;
  readonly scope: string;
  readonly grantee: string;
  readonly granteeType: GranteeType;
  readonly permission: GrantPermission;
}

export type GranteeType = 'IAM' | 'DIRECTORY_USER' | 'DIRECTORY_GROUP';

export type GrantPermission = 'READ' | 'WRITE' | 'READWRITE';

export interface AccessGrantsInstance {
  readonly arn: string;
  readonly accountId: string;
  readonly region: string;
  readonly createdAt: number;
  association?: IdentityCenterAssociation;
  readonly tags: Map<string, string>;
  readonly locations: Map<string, AccessGrantsLocation>;
  readonly grants: Map<string, AccessGrant>;
}

export interface IdentityCenterAssociation {
  readonly identityCenterArn: string;
  /** The application that S3 makes in Identity Center, another one each time. */
  readonly applicationArn: string;
  /** When it shows. */
  readonly from: number;
}

/** Whose Identity Center it is: that of the organization. */
export const IDENTITY_CENTER_ACCOUNT = '444455556666';

/** The principal as which S3 Access Grants assumes a location's role. */
const ACCESS_GRANTS_SERVICE = 'access-grants.s3.amazonaws.com';

interface InstanceOptions {
  readonly identityCenterArn?: string;
  readonly tags?: Record<string, string>;
}

/**
 * S3 Access Grants of the sandbox, with AWS's rules and error codes; nothing here is authorised.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#S3AccessGrantsErrorCodeList
 */
export class AccessGrantsState {
  /** AWS's pages disagree on the `aws:SourceArn` that a trust policy sees. */
  sourceArn: 'instance' | 'location' = 'instance';
  /** What S3 needs to be allowed with a location's role. */
  trustActions: readonly string[] = ['sts:AssumeRole', 'sts:SetSourceIdentity'];
  /** Whether S3 keeps the slash at the end of a scope. */
  keepsLastSlash = true;
  /** How S3 writes the scope of a location that it stores. Its documentation shows several ways. */
  writeScope: (scope: string) => string;
  /** How long it takes until a new association shows, and until one that was ended does not. */
  associationMs = 0;
  /** Whether an association appears without its application, as it may while it begins or ends. */
  isApplicationHidden = false;
  /** How long a list of locations shows the state before a new one. */
  listLagMs = 0;
  /** What becomes of a second association with the same Identity Center instance. */
  secondAssociation: 'conflict' | 'accepted' = 'conflict';
  /** Whether an association ends while users or groups of Identity Center have grants. */
  endsAssociationWithGrants = true;
  /** The application provider of AWS to which the application of an association belongs. */
  applicationProvider = 's3';
  /** Whether CloudFormation changes the tags of an instance in place. Otherwise it replaces the instance. */
  changesTagsInPlace = false;
  /** Identity Center instances that do not exist, or are in another Region. */
  readonly unknownIdentityCenters = new Set<string>();
  private ending?: { readonly association: IdentityCenterAssociation; readonly until: number };
  private readonly instances = new Map<string, AccessGrantsInstance>();

  constructor(
    private readonly clock: SandboxClock,
    private readonly iam: IamState,
  ) {
    this.writeScope = (scope) => this.keepsLastSlash ? scope : dropLastSlash(scope);
  }

  createInstance(
    accountId: string,
    region: string,
    { identityCenterArn, tags = {} }: InstanceOptions = {},
  ): AccessGrantsInstance {
    const arn = instanceArn(accountId, region);
    if (this.instances.has(arn)) {
      throw new AwsError(409, 'AccessGrantsInstanceAlreadyExists', 'Access Grants Instance already exists');
    }
    const createdAt = this.clock.now();
    const instance: AccessGrantsInstance = {
      arn,
      accountId,
      region,
      createdAt,
      tags: new Map(Object.entries(tags)),
      locations: new Map(),
      grants: new Map(),
    };
    this.instances.set(arn, instance);
    if (identityCenterArn) this.associate(accountId, region, identityCenterArn);
    return instance;
  }

  deleteInstance(accountId: string, region: string): void {
    const instance = this.instance(accountId, region);
    if (instance.locations.size + instance.grants.size > 0 || instance.association) {
      throw new AwsError(400, 'AccessGrantsInstanceNotEmptyError', 'Access Grants Instance not empty');
    }
    this.instances.delete(instance.arn);
  }

  associate(accountId: string, region: string, identityCenterArn: string): void {
    const instance = this.instance(accountId, region);
    if (this.unknownIdentityCenters.has(identityCenterArn)) {
      throw new AwsError(400, 'InvalidIdentityCenterInstance', 'The specified Identity Center instance is invalid');
    }
    const isSecond = instance.association?.identityCenterArn === identityCenterArn;
    if (isSecond && this.secondAssociation === 'accepted') return;
    if (instance.association) {
      throw new AwsError(
        409,
        'Conflict',
        'The Access Grants instance is already associated with an Identity Center instance',
      );
    }
    const applicationArn =
      `arn:aws:sso::${IDENTITY_CENTER_ACCOUNT}:application/${identityCenterArn.split('/')[1]}/` +
      `apl-${randomUUID().slice(-12)}`;
    instance.association = { identityCenterArn, applicationArn, from: this.clock.now() + this.associationMs };
  }

  dissociate(accountId: string, region: string): void {
    const instance = this.instance(accountId, region);
    if (!instance.association) {
      throw new AwsError(
        400,
        'InvalidRequest',
        'The Access Grants instance is not associated with an Identity Center instance',
      );
    }
    const hasGrants = [...instance.grants.values()].some(({ granteeType }) => granteeType !== 'IAM');
    if (!this.endsAssociationWithGrants && hasGrants) {
      throw new AwsError(409, 'Conflict', 'The Access Grants instance has grants to identities of Identity Center');
    }
    const now = this.clock.now();
    this.ending =
      instance.association.from <= now
        ? { association: instance.association, until: now + this.associationMs }
        : undefined;
    instance.association = undefined;
  }

  /** The association as it shows. */
  visibleAssociation({ association }: AccessGrantsInstance): IdentityCenterAssociation | undefined {
    const now = this.clock.now();
    if (association && association.from <= now) return association;
    return this.ending && now < this.ending.until ? this.ending.association : undefined;
  }

  findInstance(accountId: string, region: string): AccessGrantsInstance | undefined {
    return this.instances.get(instanceArn(accountId, region));
  }

  instance(accountId: string, region: string): AccessGrantsInstance {
    const instance = this.findInstance(accountId, region);
    if (!instance) {
      throw new AwsError(404, 'AccessGrantsInstanceNotExistsError', 'Access Grants Instance does not exist');
    }
    return instance;
  }

  /** Whether the application belongs to an association, of any account and Region. */
  hasApplication(applicationArn: string): boolean {
    return [...this.instances.values()].some(({ association }) => association?.applicationArn === applicationArn);
  }

  /** All locations of an instance, or those of one scope; none if there is no instance. */
  locations(accountId: string, region: string, scope?: string): AccessGrantsLocation[] {
    const locations = [...(this.findInstance(accountId, region)?.locations.values() ?? [])];
    return locations.filter((location) => scope === undefined || location.scope === this.writeScope(scope));
  }

  /** The same, as a list shows them. */
  listedLocations(accountId: string, region: string, scope?: string): AccessGrantsLocation[] {
    const since = this.clock.now() - this.listLagMs;
    return this.locations(accountId, region, scope).filter(({ createdAt }) => createdAt <= since);
  }

  location(accountId: string, region: string, id: string): AccessGrantsLocation {
    const location = this.instance(accountId, region).locations.get(id);
    if (!location) {
      throw new AwsError(404, 'NoSuchAccessGrantsLocationError', 'The specified Access Grants Location does not exist');
    }
    return location;
  }

  async createLocation(
    accountId: string,
    region: string,
    scope: string,
    roleArn: string,
  ): Promise<AccessGrantsLocation> {
    const instance = this.instance(accountId, region);
    if (this.locations(accountId, region, scope).length > 0) {
      throw new AwsError(409, 'AccessGrantsLocationAlreadyExistsError', 'Access Grants Location already exists');
    }
    const id = scope === 's3://' ? 'default' : randomUUID();
    const location = {
      id,
      arn: `${instance.arn}/location/${id}`,
      scope: this.writeScope(scope),
      roleArn,
      createdAt: this.clock.now(),
    };
    await this.requireRole(roleArn, location, instance);
    instance.locations.set(id, location);
    return location;
  }

  async updateLocation(accountId: string, region: string, id: string, roleArn: string): Promise<AccessGrantsLocation> {
    const location = this.location(accountId, region, id);
    await this.requireRole(roleArn, location, this.instance(accountId, region));
    location.roleArn = roleArn;
    return location;
  }

  deleteLocation(accountId: string, region: string, id: string): void {
    const { grants, locations } = this.instance(accountId, region);
    this.location(accountId, region, id);
    if ([...grants.values()].some((grant) => grant.locationId === id)) {
      throw new AwsError(400, 'AccessGrantsLocationNotEmptyError', 'Access Grants Location not empty');
    }
    locations.delete(id);
  }

  /** @param subPrefix as the API takes it: below the scope of the location */
  createGrant(
    accountId: string,
    region: string,
    locationId: string,
    grantee: string,
    subPrefix = '*',
    permission: GrantPermission = 'READWRITE',
    granteeType: GranteeType = 'IAM',
  ): AccessGrant {
    const instance = this.instance(accountId, region);
    const scope = this.location(accountId, region, locationId).scope.replace(/\*$/, '') + subPrefix;
    const id = randomUUID();
    const grant = { id, arn: `${instance.arn}/grant/${id}`, locationId, scope, grantee, granteeType, permission };
    instance.grants.set(id, grant);
    return grant;
  }

  /** The grant and the location that open a target to a grantee. */
  grantFor(
    accountId: string,
    region: string,
    grantee: string,
    target: string,
    permission: GrantPermission,
  ): { readonly grant: AccessGrant; readonly location: AccessGrantsLocation } {
    const { grants, locations } = this.instance(accountId, region);
    const grant = [...grants.values()].find(
      (each) =>
        each.grantee === grantee &&
        target.startsWith(each.scope.replace(/\*$/, '')) &&
        [permission, 'READWRITE'].includes(each.permission),
    );
    if (!grant) {
      const message = `You do not have ${permission} permissions to the requested S3 Prefix: ${target}`;
      throw new AwsError(403, 'AccessDenied', message);
    }
    return { grant, location: locations.get(grant.locationId)! };
  }

  deleteGrant(accountId: string, region: string, id: string): void {
    if (!this.instance(accountId, region).grants.delete(id)) {
      throw new AwsError(404, 'NoSuchAccessGrantError', 'The specified access grant does not exist');
    }
  }

  /** @throws AwsError if the role of a location does not let S3 begin a session for a reader */
  async requireSession(location: AccessGrantsLocation, instance: AccessGrantsInstance): Promise<void> {
    if (await this.canAssume(location.roleArn, location, instance)) return;
    throw new AwsError(403, 'StsNotAuthorizedError', 'S3 is not authorized to assume the role of the location');
  }

  private async requireRole(
    roleArn: string,
    location: AccessGrantsLocation,
    instance: AccessGrantsInstance,
  ): Promise<void> {
    if (await this.canAssume(roleArn, location, instance)) return;
    throw new AwsError(400, 'InvalidIamRole', 'The specified IAM role is invalid');
  }

  private async canAssume(
    roleArn: string,
    location: AccessGrantsLocation,
    instance: AccessGrantsInstance,
  ): Promise<boolean> {
    const context = {
      'aws:SourceAccount': instance.accountId,
      'aws:SourceArn': this.sourceArn === 'instance' ? instance.arn : location.arn,
    };
    for (const action of this.trustActions) {
      if (!await this.iam.assumable(roleArn, ACCESS_GRANTS_SERVICE, context, action)) return false;
    }
    return true;
  }
}

function instanceArn(accountId: string, region: string): string {
  return `arn:aws:s3:${region}:${accountId}:access-grants/default`;
}
