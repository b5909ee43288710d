import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { IMMUTA_URL } from './in-process-runtime';
import {
  AccessGrantsInstance,
  DataSourceRemovalMode,
  ImmutaAuthentication,
  ImmutaS3Integration,
  ImmutaTenant,
  S3Location,
} from '../../src';
import { Template } from '../sandbox/cloudformation';
import { SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

export const INTEGRATION_TYPE = 'Custom::ImmutaS3Integration';
export const DATA_SOURCES_TYPE = 'Custom::ImmutaS3DataSources';
export const OTHER_RESOURCE_ID = 'OtherResource';
const TENANT_STACK = 'Tenant';
const INTEGRATION_STACK = 'Lake';
const ADOPT_PLACEHOLDER = 'adopted-id';

export const AUTHENTICATIONS = ['role', 'other role', 'key secret', 'managed key'] as const;
export const LOCATION_ROLES = ['generated', 'given', 'other given'] as const;
export const LOCATIONS = ['bucket', 'prefix'] as const;
export const CONSTRUCT_IDS = ['SalesLake', 'Marketing'] as const;

/** The properties of an integration that a user can set. */
export interface Shape {
  readonly constructId: (typeof CONSTRUCT_IDS)[number];
  readonly location: (typeof LOCATIONS)[number];
  readonly locationRole: (typeof LOCATION_ROLES)[number];
  readonly authentication: (typeof AUTHENTICATIONS)[number];
  readonly name?: string;
  readonly revision?: number;
  readonly timeoutMinutes: number;
  readonly retain: boolean;
  /** Prefixes of data sources by their names. @default - none */
  readonly dataSources?: Readonly<Record<string, string>>;
  /** Id of the integration to adopt. */
  readonly adopt?: string;
}

export const FIRST_SHAPE: Shape = {
  constructId: 'SalesLake',
  location: 'bucket',
  locationRole: 'given',
  authentication: 'role',
  timeoutMinutes: 30,
  retain: false,
};

/** Roles, a user and a secret that exist before any stack. */
export const GIVEN = {
  locationRole: { 'given': 'location', 'other given': 'other-location' },
  immutaRole: { 'role': 'immuta', 'other role': 'other-immuta' },
  user: 'immuta-user',
  keySecret: 'immuta/access-key',
} as const;

/** The folder of the handler's bundle. */
export const CODE_FOLDER = path.resolve(__dirname, '../../assets/handler/integration.lambda');

/** Returns the template of a tenant in a stack of its own: its function outlives the integrations' stacks. */
export function tenantTemplate(): Template {
  return synthesized('', FIRST_SHAPE).tenant;
}

/**
 * Returns the template of an integration and another resource, or of the other resource alone.
 *
 * @param suffix Of the integration's logical id, after a refactoring
 */
export function lakeTemplate(shape: Shape | undefined, otherResourceVersion: number, suffix = ''): Template {
  const otherResource = { Type: 'Test::OtherResource::Resource', Properties: { Version: otherResourceVersion } };
  if (!shape) return { Resources: { [OTHER_RESOURCE_ID]: otherResource } };
  const { authentication, locationRole, location, constructId, retain, adopt, dataSources } = shape;
  const { lake } = synthesized(
    [
      authentication,
      locationRole,
      location,
      constructId,
      retain ? 'retains' : '',
      adopt ? 'adopts' : '',
      dataSources ? 'registers' : '',
    ].join(' '),
    shape,
  );
  const Resources = structuredClone(lake.Resources) as Record<string, any>;
  const [[logicalId, resource]] = Object.entries(Resources).filter(([, { Type }]) => Type === INTEGRATION_TYPE);
  const seconds = shape.timeoutMinutes * 60;
  // only properties of the custom resource: these need no synthesis of their own
  Object.assign(resource.Properties, {
    IntegrationName: shape.name,
    Revision: shape.revision === undefined ? undefined : String(shape.revision),
    TimeoutSeconds: String(seconds),
    ServiceTimeout: String(Math.min(seconds + 300, 3600)),
    Adopt: adopt,
  });
  const registered = Object.values(Resources).find(({ Type }) => Type === DATA_SOURCES_TYPE);
  if (registered) registered.Properties.DataSources = JSON.stringify(dataSources);
  const template = { ...lake, Resources: { ...withoutUndefined(Resources), [OTHER_RESOURCE_ID]: otherResource } };
  return renameLogicalId(template, logicalId, logicalId + suffix);
}

/** Returns the template with another logical id of a resource, in all references too. */
export function renameLogicalId(template: Template, from: string, to: string): Template {
  return JSON.parse(JSON.stringify(template).replaceAll(`"${from}"`, `"${to}"`)) as Template;
}

function withoutUndefined<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

interface Synthesized {
  readonly tenant: Template;
  readonly lake: Template;
}

const cache = new Map<string, Synthesized>();

function synthesized(key: string, shape: Shape): Synthesized {
  const known = cache.get(key);
  if (known) return known;
  const outdir = mkdtempSync(path.join(tmpdir(), 'campaign-'));
  try {
    const app = new App({ outdir, analyticsReporting: false });
    const tenantStack = new Stack(app, TENANT_STACK, { env: SANDBOX_ENV });
    const tenant = new ImmutaTenant(tenantStack, 'Immuta', {
      url: IMMUTA_URL,
      apiKey: Secret.fromSecretNameV2(tenantStack, 'ApiKey', SANDBOX_API_KEY_SECRET),
    });
    tenantStack.exportValue(tenant.handler.functionArn);
    tenantStack.exportValue(tenant.handler.role!.roleName);
    defineLake(new Stack(app, INTEGRATION_STACK, { env: SANDBOX_ENV }), tenant, shape);
    const assembly = Stage.of(tenantStack)!.synth();
    const templates = {
      tenant: assembly.getStackByName(TENANT_STACK).template as Template,
      lake: assembly.getStackByName(INTEGRATION_STACK).template as Template,
    };
    cache.set(key, templates);
    return templates;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function defineLake(stack: Stack, tenant: ImmutaTenant, shape: Shape): void {
  const bucket = Bucket.fromBucketName(stack, 'Bucket', SANDBOX_BUCKET);
  const given = (id: string, name: string) => iam.Role.fromRoleName(stack, id, name, { mutable: false });
  const integration = new ImmutaS3Integration(stack, shape.constructId, {
    tenant,
    location: shape.location === 'bucket' ? S3Location.bucket(bucket) : S3Location.prefix(bucket, 'curated/'),
    accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
    locationRole:
      shape.locationRole === 'generated' ? undefined : given('LocationRole', GIVEN.locationRole[shape.locationRole]),
    authentication: createAuthentication(stack, shape),
    adopt: shape.adopt && ADOPT_PLACEHOLDER,
    removalPolicy: shape.retain || shape.adopt ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  if (shape.dataSources) {
    const { dataSources } = shape;
    integration.addDataSources('Curated', { dataSources, removalMode: DataSourceRemovalMode.DELETE });
  }
}

function createAuthentication(stack: Stack, { authentication }: Shape): ImmutaAuthentication {
  switch (authentication) {
    case 'key secret':
      return ImmutaAuthentication.accessKeySecret({
        user: iam.User.fromUserName(stack, 'User', GIVEN.user),
        secret: Secret.fromSecretNameV2(stack, 'KeySecret', GIVEN.keySecret),
      });
    case 'managed key':
      return ImmutaAuthentication.managedAccessKey({});
    default:
      return ImmutaAuthentication.existingRole(
        iam.Role.fromRoleName(stack, 'ImmutaRole', GIVEN.immutaRole[authentication], { mutable: false }),
      );
  }
}
