import { XMLParser } from 'fast-xml-parser';
import {
  AccessGrant, AccessGrantsInstance, AccessGrantsLocation, AccessGrantsState, IDENTITY_CENTER_ACCOUNT,
  IdentityCenterAssociation,
} from './access-grants';
import { AwsError } from './aws-error';
import { IamState } from './iam';
import { AwsRequest, AwsResponse, elements, notImplemented, xml } from './request';

/** Whose account's instance an operation is about, and its input with AWS's names. */
export interface S3ControlInput {
  readonly accountId: string;
  readonly region: string;
  /** Texts; lists of them and tags are taken as they come. */
  readonly [parameter: string]: any;
}

interface Operation {
  readonly method: string;
  readonly path: RegExp;
  /** What the caller needs the permission for; all operations are also `s3:<name>`. @default - the instance */
  resource?(instanceArn: string, input: S3ControlInput): string;
  /** The condition keys about the resource and the request. What does not exist has no scope and no tags. */
  keys?(state: AccessGrantsState, input: S3ControlInput): ConditionKeys;
  /** What else the caller needs permissions for, by action. */
  also?(instanceArn: string, input: S3ControlInput, state: AccessGrantsState): Record<string, string[]>;
  run(state: AccessGrantsState, input: S3ControlInput, control: S3Control, principal: string): unknown;
}

type ConditionKeys = Record<string, string | string[] | undefined>;

const ROOT = '/v20180820/accessgrantsinstance';
const LOCATION_SCOPE = 's3:AccessGrantsLocationScope';
const GRANT_SCOPE = 's3:AccessGrantScope';
const TAGS = /^\/v20180820\/tags\/(?<ResourceArn>.+)$/;

/** The operations of S3 Control that are used, by the name that is also the IAM action's. */
const OPERATIONS: Record<string, Operation> = {
  CreateAccessGrantsInstance: {
    method: 'POST',
    path: new RegExp(`^${ROOT}$`),
    keys: requestTags,
    also: (instanceArn, { Tags, IdentityCenterArn }, state) => ({
      ...(Tags ? { 's3:TagResource': [instanceArn] } : {}),
      ...(IdentityCenterArn
        ? { 'sso:DescribeInstance': [IdentityCenterArn], ...applicationActions(IdentityCenterArn, state) }
        : {}),
    }),
    run: (state, { accountId, region, IdentityCenterArn, Tags }) =>
      instanceOutput(
        state,
        state.createInstance(accountId, region, { identityCenterArn: IdentityCenterArn, tags: parseTags(Tags) }),
      ),
  },
  AssociateAccessGrantsIdentityCenter: {
    method: 'POST',
    path: new RegExp(`^${ROOT}/identitycenter$`),
    also: (_, { IdentityCenterArn }, state) => applicationActions(IdentityCenterArn, state),
    run: (state, { accountId, region, IdentityCenterArn }) => state.associate(accountId, region, IdentityCenterArn),
  },
  DissociateAccessGrantsIdentityCenter: {
    method: 'DELETE',
    path: new RegExp(`^${ROOT}/identitycenter$`),
    also: (_, { accountId, region }, state): Record<string, string[]> => {
      const association = state.findInstance(accountId, region)?.association;
      return association ? { 'sso:DeleteApplication': [association.applicationArn] } : {};
    },
    run: (state, { accountId, region }) => state.dissociate(accountId, region),
  },
  TagResource: {
    method: 'POST',
    path: TAGS,
    resource: (_, { ResourceArn }) => decodeURIComponent(ResourceArn),
    keys: requestTags,
    run: (state, { accountId, region, Tags }) => {
      const { tags } = state.instance(accountId, region);
      Object.entries(parseTags(Tags)).forEach(([key, value]) => tags.set(key, value));
    },
  },
  UntagResource: {
    method: 'DELETE',
    path: TAGS,
    resource: (_, { ResourceArn }) => decodeURIComponent(ResourceArn),
    keys: (_, { tagKeys }) => ({ 'aws:TagKeys': tagKeys }),
    run: (state, { accountId, region, tagKeys }) => {
      tagKeys.forEach((key: string) => state.instance(accountId, region).tags.delete(key));
    },
  },
  ListTagsForResource: {
    method: 'GET',
    path: TAGS,
    resource: (_, { ResourceArn }) => decodeURIComponent(ResourceArn),
    run: (state, { accountId, region }) => ({
      Tags: { Tag: [...state.instance(accountId, region).tags].map(([Key, Value]) => ({ Key, Value })) },
    }),
  },
  GetAccessGrantsInstance: {
    method: 'GET',
    path: new RegExp(`^${ROOT}$`),
    run: (state, { accountId, region }) => instanceOutput(state, state.instance(accountId, region)),
  },
  DeleteAccessGrantsInstance: {
    method: 'DELETE',
    path: new RegExp(`^${ROOT}$`),
    keys: (state, { accountId, region }) =>
      Object.fromEntries(
        [...state.findInstance(accountId, region)?.tags ?? []].map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
      ),
    run: (state, { accountId, region }) => state.deleteInstance(accountId, region),
  },
  ListAccessGrantsInstances: {
    method: 'GET',
    path: /^\/v20180820\/accessgrantsinstances$/,
    resource: () => '*',
    run: (state, { accountId, region }) => {
      const instance = state.findInstance(accountId, region);
      return list('AccessGrantsInstance', instance ? [instanceOutput(state, instance)] : []);
    },
  },
  CreateAccessGrantsLocation: {
    method: 'POST',
    path: new RegExp(`^${ROOT}/location$`),
    // the id is not known yet; policies can only name location/*
    resource: (instanceArn) => `${instanceArn}/location/new`,
    keys: (_, { LocationScope }) => ({ [LOCATION_SCOPE]: LocationScope }),
    run: async (state, { accountId, region, LocationScope, IAMRoleArn }) =>
      locationOutput(await state.createLocation(accountId, region, LocationScope!, IAMRoleArn!)),
  },
  GetAccessGrantsLocation: {
    method: 'GET',
    path: new RegExp(`^${ROOT}/location/(?<AccessGrantsLocationId>[^/]+)$`),
    resource: locationArn,
    keys: locationScope,
    run: (state, { accountId, region, AccessGrantsLocationId }) =>
      locationOutput(state.location(accountId, region, AccessGrantsLocationId!)),
  },
  UpdateAccessGrantsLocation: {
    method: 'PUT',
    path: new RegExp(`^${ROOT}/location/(?<AccessGrantsLocationId>[^/]+)$`),
    resource: locationArn,
    keys: locationScope,
    run: async (state, { accountId, region, AccessGrantsLocationId, IAMRoleArn }) =>
      locationOutput(await state.updateLocation(accountId, region, AccessGrantsLocationId!, IAMRoleArn!)),
  },
  DeleteAccessGrantsLocation: {
    method: 'DELETE',
    path: new RegExp(`^${ROOT}/location/(?<AccessGrantsLocationId>[^/]+)$`),
    resource: locationArn,
    keys: locationScope,
    run: (state, { accountId, region, AccessGrantsLocationId }) =>
      state.deleteLocation(accountId, region, AccessGrantsLocationId!),
  },
  ListAccessGrantsLocations: {
    method: 'GET',
    path: new RegExp(`^${ROOT}/locations$`),
    run: (state, input, control) => {
      state.instance(input.accountId, input.region);
      const locations = state.listedLocations(input.accountId, input.region, input.locationscope);
      return control.page('AccessGrantsLocation', locations.map(locationOutput), input);
    },
  },
  CreateAccessGrant: {
    method: 'POST',
    path: new RegExp(`^${ROOT}/grant$`),
    resource: (instanceArn) => `${instanceArn}/grant/new`,
    keys: (state, { AccessGrantsLocationConfiguration, ...input }) => {
      const scope = locationScope(state, input)[LOCATION_SCOPE];
      return { [GRANT_SCOPE]: scope && `${scope}${AccessGrantsLocationConfiguration?.S3SubPrefix ?? '*'}` };
    },
    also: (_, { accountId, region, Grantee }, state) =>
      directoryActions(Grantee, state.findInstance(accountId, region)?.association),
    run: (state, { accountId, region, ...input }) => {
      const { AccessGrantsLocationId, AccessGrantsLocationConfiguration, Grantee, Permission } = input;
      const subPrefix = AccessGrantsLocationConfiguration?.S3SubPrefix;
      const { GranteeIdentifier, GranteeType } = Grantee;
      return grantOutput(state.createGrant(
        accountId, region, AccessGrantsLocationId, GranteeIdentifier, subPrefix, Permission, GranteeType,
      ));
    },
  },
  GetDataAccess: {
    method: 'GET',
    path: new RegExp(`^${ROOT}/dataaccess$`),
    run: async (state, { accountId, region, target, permission }, control, principal) => {
      const { grant, location } = state.grantFor(accountId, region, principal, target, permission);
      await state.requireSession(location, state.instance(accountId, region));
      return { Credentials: control.credentialsFor(location.roleArn), MatchedGrantTarget: grant.scope };
    },
  },
  ListAccessGrants: {
    method: 'GET',
    path: new RegExp(`^${ROOT}/grants$`),
    run: (state, input, control) =>
      control.page(
        'AccessGrant',
        [...state.instance(input.accountId, input.region).grants.values()].map(grantOutput),
        input,
      ),
  },
  DeleteAccessGrant: {
    method: 'DELETE',
    path: new RegExp(`^${ROOT}/grant/(?<AccessGrantId>[^/]+)$`),
    resource: (instanceArn, { AccessGrantId }) => `${instanceArn}/grant/${AccessGrantId}`,
    keys: (state, { accountId, region, AccessGrantId }) => ({
      [GRANT_SCOPE]: state.findInstance(accountId, region)?.grants.get(AccessGrantId)?.scope,
    }),
    run: (state, { accountId, region, AccessGrantId }) => state.deleteGrant(accountId, region, AccessGrantId!),
  },
};

/** S3 Control for S3 Access Grants: every operation is authorised for its caller. */
export class S3Control {
  /** How many items a page of a list has at most. Small, so that a client that reads one page only is found out. */
  pageSize = 2;
  /** The value of `iam:PassedToService`. */
  passedToService = 'access-grants.s3.amazonaws.com';
  /** Whether the condition keys about scopes have the scope of the location, and of the grant, as values. */
  hasScopeKeys = { location: true, grant: true };

  constructor(
    private readonly iam: IamState,
    private readonly state: AccessGrantsState,
  ) {}

  /** Does the operation as the principal, or fails with AWS's error. */
  async execute(principal: string, name: string, input: S3ControlInput): Promise<any> {
    const operation = OPERATIONS[name];
    const instanceArn = `arn:aws:s3:${input.region}:${input.accountId}:access-grants/default`;
    const resource = operation.resource?.(instanceArn, input) ?? instanceArn;
    const keys = this.replaceScopes(operation.keys?.(this.state, input) ?? {});
    await this.require(principal, `s3:${name}`, resource, keys);
    if (input.IAMRoleArn) {
      await this.require(principal, 'iam:PassRole', input.IAMRoleArn, {
        'iam:PassedToService': this.passedToService,
      });
    }
    for (const [action, resources] of Object.entries(operation.also?.(instanceArn, input, this.state) ?? {})) {
      // an application has the account of the organization's Identity Center, and members of the organization need no
      // leave of that; S3 creates its application for the caller's account
      const about = action.startsWith('sso:') ? { 'sso:ApplicationAccount': input.accountId } : keys;
      for (const each of resources) await this.require(principal, action, each, about, input.accountId);
    }
    return operation.run(this.state, input, this, principal);
  }

  /** The HTTP face. The account is in a header and, as a prefix, in the host. */
  async handle(request: AwsRequest): Promise<AwsResponse> {
    const name = s3ControlOperation(request);
    if (!name) return notImplemented(request);
    const { path } = OPERATIONS[name];
    const output = await this.execute(request.principal, name, {
      ...(Object.values(parseXml(request.body))[0] as object),
      ...Object.fromEntries(request.query),
      tagKeys: request.query.getAll('tagKeys'),
      ...request.path.match(path)!.groups,
      accountId: request.headers['x-amz-account-id'] ?? request.headers.host.split('.')[0],
      region: request.region,
    });
    return xml(output ? elements({ [`${name}Result`]: output }) : '', output ? 200 : 204);
  }

  /** What S3 Access Grants gives to a reader: a session of the location's role. */
  credentialsFor(roleArn: string): object {
    const { accessKeyId, secretAccessKey, sessionToken } = this.iam.sessionFor(roleArn);
    return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken };
  }

  /** A page of a list; the token is the index of the next item. */
  page(item: string, items: unknown[], { maxResults, nextToken }: S3ControlInput): unknown {
    const start = Number(nextToken ?? 0);
    const end = start + Math.min(this.pageSize, Number(maxResults ?? this.pageSize));
    return list(item, items.slice(start, end), end < items.length ? String(end) : undefined);
  }

  private replaceScopes(keys: ConditionKeys): ConditionKeys {
    const { location, grant } = this.hasScopeKeys;
    return {
      ...keys,
      ...location || !keys[LOCATION_SCOPE] ? {} : { [LOCATION_SCOPE]: 'another value' },
      ...grant || !keys[GRANT_SCOPE] ? {} : { [GRANT_SCOPE]: 'another value' },
    };
  }

  private async require(
    principal: string,
    action: string,
    resource: string,
    present: ConditionKeys,
    resourceAccount?: string,
  ): Promise<void> {
    const keys = Object.fromEntries(
      Object.entries(present).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
    if (await this.iam.authorize(principal, action, resource, { keys, resourceAccount })) return;
    throw new AwsError(
      403,
      'AccessDenied',
      `User: ${principal} is not authorized to perform: ${action} on resource: ${resource}`,
    );
  }
}

/** The operation that a request to S3 Control asks for. */
export function s3ControlOperation({ method, path }: Pick<AwsRequest, 'method' | 'path'>): string | undefined {
  return Object.entries(OPERATIONS).find(
    ([, operation]) => operation.method === method && operation.path.test(path),
  )?.[0];
}

/**
 * What AWS says that associating takes, on the resource types that each action has. S3 makes the application: its id
 * is not known before.
 */
function applicationActions(
  identityCenterArn: string,
  { applicationProvider }: AccessGrantsState,
): Record<string, string[]> {
  const application = `arn:aws:sso::${IDENTITY_CENTER_ACCOUNT}:application/${identityCenterArn.split('/')[1]}/apl-new`;
  return {
    'sso:CreateApplication': [identityCenterArn, application, formatProviderArn(applicationProvider)],
    'sso:PutApplicationGrant': [application],
    'sso:PutApplicationAuthenticationMethod': [application],
  };
}

/**
 * What AWS says that a grant to a user or group of Identity Center takes, on the resource types that each action has.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessGrant.html
 */
function directoryActions(
  { GranteeType, GranteeIdentifier }: Record<'GranteeType' | 'GranteeIdentifier', string>,
  association?: IdentityCenterAssociation,
): Record<string, string[]> {
  const [, kind] = /^DIRECTORY_(USER|GROUP)$/.exec(GranteeType) ?? [];
  if (!kind || !association) return {};
  const store = `arn:aws:identitystore::${IDENTITY_CENTER_ACCOUNT}:identitystore/d-1234567890`;
  const grantee = `arn:aws:identitystore:::${kind.toLowerCase()}/${GranteeIdentifier}`;
  return {
    'sso:DescribeInstance': [association.identityCenterArn],
    'sso:DescribeApplication': [association.applicationArn],
    [`identitystore:Describe${kind === 'USER' ? 'User' : 'Group'}`]: [store, grantee],
  };
}

/** An application provider of AWS. */
export function formatProviderArn(provider: string): string {
  return `arn:aws:sso::aws:applicationProvider/${provider}`;
}

function parseTags(tags?: {
  Tag: { Key: string; Value: string } | { Key: string; Value: string }[];
}): Record<string, string> {
  return Object.fromEntries([tags?.Tag ?? []].flat().map(({ Key, Value }) => [Key, Value]));
}

function list(item: string, items: unknown[], nextToken?: string): unknown {
  return { NextToken: nextToken, [`${item}sList`]: { [item]: items } };
}

function requestTags(_: AccessGrantsState, { Tags }: S3ControlInput): ConditionKeys {
  return { 'aws:TagKeys': Tags && Object.keys(parseTags(Tags)) };
}

function locationScope(
  state: AccessGrantsState,
  { accountId, region, AccessGrantsLocationId }: S3ControlInput,
): ConditionKeys {
  const location = state.findInstance(accountId, region)?.locations.get(AccessGrantsLocationId);
  return { [LOCATION_SCOPE]: location?.scope };
}

function locationArn(instanceArn: string, { AccessGrantsLocationId }: S3ControlInput): string {
  return `${instanceArn}/location/${AccessGrantsLocationId}`;
}

function instanceOutput(state: AccessGrantsState, instance: AccessGrantsInstance) {
  const { arn, createdAt } = instance;
  const association = state.visibleAssociation(instance);
  const applicationArn = state.isApplicationHidden ? undefined : association?.applicationArn;
  return {
    CreatedAt: new Date(createdAt).toISOString(),
    AccessGrantsInstanceId: 'default',
    AccessGrantsInstanceArn: arn,
    // deprecated: it holds the application, too
    IdentityCenterArn: applicationArn,
    IdentityCenterInstanceArn: association?.identityCenterArn,
    IdentityCenterApplicationArn: applicationArn,
  };
}

function locationOutput({ id, arn, scope, roleArn, createdAt }: AccessGrantsLocation) {
  return {
    CreatedAt: new Date(createdAt).toISOString(),
    AccessGrantsLocationId: id,
    AccessGrantsLocationArn: arn,
    LocationScope: scope,
    IAMRoleArn: roleArn,
  };
}

function grantOutput({ id, arn, locationId, scope, grantee, granteeType, permission }: AccessGrant) {
  return {
    AccessGrantId: id,
    AccessGrantArn: arn,
    AccessGrantsLocationId: locationId,
    GrantScope: scope,
    Permission: permission,
    Grantee: { GranteeType: granteeType, GranteeIdentifier: grantee },
  };
}

function parseXml(body: Buffer): Record<string, unknown> {
  const { '?xml': _, ...parsed } = new XMLParser({ parseTagValue: false }).parse(body);
  return parsed;
}
