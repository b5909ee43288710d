import { Annotations, CfnResource, CustomResource, Duration, Lazy, PhysicalName, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, IConstruct } from 'constructs';
import { AccessGrantsInstance, IAccessGrantsInstance } from './access-grants-instance';
import { AdoptingAccessGrantsInstance } from './adopting-access-grants-instance';
import {
  INTEGRATION_RESOURCE_TYPE, IntegrationAttributes, IntegrationProperties, METRIC_DIMENSION_INTEGRATION_ID, METRIC_KEY_ROTATION_FAILED,
  METRIC_NAMESPACE,
} from './handler/contract';
import { IdentityCenterOptions } from './identity-center';
import { ImmutaAuthentication } from './immuta-authentication';
import { IImmutaTenant } from './immuta-tenant';
import { BoundAuthentication, ManagedUser } from './private/authentication';
import { definedIn, DefinedInstance } from './private/defined-instance';
import { digest } from './private/digest';
import { outermostStack } from './private/environment';
import { instanceArnOf } from './private/instance-arn';
import {
  adoptProblems, bucketRegionProblems, duplicateProblems, durationProblems, environmentProblems, identityCenterProblems, keyProblems,
  locationProblems, managedUserProblems, nameProblems, neighbourWarnings, prefixWarnings, removalPolicyProblems, timeoutProblems,
} from './private/integration-checks';
import { KeyRotation } from './private/key-rotation';
import { diagnosisStatement } from './private/policies/handler-role';
import { IdentityCenter } from './private/policies/identity-center';
import { immutaPrincipalStatements } from './private/policies/immuta-principal';
import { LocationRolePrincipal, locationRoleStatements, locationRoleTrust, LocationRoleTrustOptions } from './private/policies/location-role';
import { bucketOwnerStatements, keyOwnerStatements } from './private/policies/other-account';
import { ownRolePolicyProblems } from './private/policy-quotas';
import { attachToHandler, attachToRole, resourceOf } from './private/principal-policy';
import { applyRemovalPolicy, isRetained } from './private/removal';
import { serviceTimeoutFor } from './private/service-timeout';
import { acknowledgeWildcards } from './private/wildcards';
import { LocationAccess, S3Location } from './s3-location';

/** The policy by which the handler asks what Immuta is denied: it goes with the integration even if the rest is retained. */
const DIAGNOSIS_POLICY_ID = 'DiagnosisPolicy';

/** An integration of Immuta with S3. */
export interface IImmutaS3Integration extends IConstruct {
  /**
   * ID of the integration in Immuta, such as `17`.
   *
   * @attribute
   */
  readonly integrationId: string;
}

/** Properties of an integration of Immuta with S3. */
export interface ImmutaS3IntegrationProps {
  /** The Immuta tenant that governs the data; defined in the account and Region of the integration. */
  readonly tenant: IImmutaTenant;

  /**
   * The part of S3 that Immuta governs.
   *
   * It must not be registered in S3 Access Grants: Immuta registers it. Another location is another integration: a deployment makes
   * the new one before it deletes the old one.
   */
  readonly location: S3Location;

  /** How Immuta authenticates with AWS. */
  readonly authentication: ImmutaAuthentication;

  /**
   * The S3 Access Grants instance of the account and Region.
   *
   * @default - the one that the stack defines; the first integration that names none defines it
   */
  readonly accessGrantsInstance?: IAccessGrantsInstance;

  /**
   * How the integration's name in Immuta begins, at most 74 characters. A mark follows by which the integration is known as ours.
   *
   * An adopted integration has this name as it is, without a mark. When an update that renames it is rolled back, it gets its old name
   * back only if the property named that before.
   *
   * @default - the account, the Region and the location
   */
  readonly integrationName?: string;

  /**
   * What users may do with the data at most; Immuta's policies narrow it.
   *
   * @default LocationAccess.READ_WRITE
   */
  readonly access?: LocationAccess;

  /**
   * The role with which S3 Access Grants reaches the data. It gets a policy.
   *
   * The trust of an imported role is yours: `access-grants.s3.amazonaws.com` needs `sts:AssumeRole` and `sts:SetSourceIdentity`, and
   * `sts:SetContext` with Identity Center.
   *
   * @default - a new role
   */
  readonly locationRole?: iam.IRole;

  /**
   * KMS keys that encrypt the objects, beside the `encryptionKey` that a bucket of the location has in CDK. Imported buckets have none.
   *
   * @default - the keys that the buckets have in CDK
   */
  readonly encryptionKeys?: kms.IKey[];

  /**
   * The account that owns the buckets: an imported bucket does not tell, it claims the account of its stack.
   *
   * @default - the account that the buckets claim; the account of the integration for all buckets
   */
  readonly bucketAccount?: string;

  /**
   * The IAM Identity Center instance whose users and groups Immuta grants to; needs `accessGrantsInstance`.
   *
   * @default - Immuta grants to IAM principals only
   */
  readonly identityCenter?: IdentityCenterOptions;

  /**
   * Whether Immuta may pass the location role to S3 Access Grants only (`iam:PassedToService`).
   *
   * AWS does not document the value that S3 sends: if Immuta is refused `iam:PassRole`, leave this off.
   *
   * @default false
   */
  readonly restrictPassRole?: boolean;

  /**
   * What happens to the integration when it leaves the template.
   *
   * `RETAIN` keeps it in Immuta with its roles and policies and with the default instance, without which it would be dead. A first
   * deployment that fails leaves nothing all the same.
   *
   * @default - `RemovalPolicy.DESTROY`; `RemovalPolicy.RETAIN` with `adopt`
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long a deployment waits for Immuta, from 1 to 50 minutes.
   *
   * @default Duration.minutes(30)
   */
  readonly timeout?: Duration;

  /**
   * How long a failure that a role or policy explains which AWS has not spread yet is tried again, at most 10 minutes and `timeout`.
   *
   * @default - 3 minutes, or `timeout` if that is shorter
   */
  readonly iamPropagationTimeout?: Duration;

  /**
   * Whether the reason of a deployment that Immuta's validation fails also says which actions Immuta's role or user is denied, and by what: its
   * own policies, its permissions boundary or the organization.
   *
   * The function of the tenant may then ask IAM's policy simulator about that one principal (`iam:SimulatePrincipalPolicy`), which discloses
   * what its policies allow. Where the simulator does not answer, the reason says nothing of it.
   *
   * @default false
   */
  readonly diagnosePermissions?: boolean;

  /**
   * ID of an integration that Immuta has already, such as `17`: the first deployment takes it over instead of making one.
   *
   * It must be enabled and already be what the other properties ask for, with roles that exist: adopting changes nothing at Immuta, and
   * where something differs, the deployment fails and says which properties the integration has. Its name counts only if you give
   * `integrationName`, which one needs that another `ImmutaS3Integration` made: that it was retained, and that no stack deletes it any more,
   * you say by naming it. Later updates manage it; it is never deleted, not even after `adopt` is removed.
   *
   * Nothing reads it after the first deployment: it may stay, and it may not become another one.
   *
   * @default - a new integration
   */
  readonly adopt?: string;

  /**
   * Any text, such as the version id of the secret with the access key: a change of it writes the configuration to Immuta again, with the
   * credentials as they are then.
   *
   * @default - the credentials are written when a property changes
   */
  readonly credentialsVersion?: string;

  /**
   * Any text: a change of it writes the configuration to Immuta again.
   *
   * @default - the configuration is written when a property changes
   */
  readonly revision?: string;

  /**
   * Stands for the location in the construct ids of the integration's resources.
   *
   * Those ids hold a digest of the bucket's name or logical id, so that another location is another set of resources. Pin it to keep
   * them when only the logical id of the bucket or the name of its stack changes; any text will do.
   *
   * @default - the bucket's name, or its logical id and the path of its stack, and the prefix
   */
  readonly locationIdentity?: string;
}

/**
 * Defines an integration by which Immuta governs a part of S3, with the roles that it needs.
 *
 * A deployment ends when the integration is enabled, or fails with what Immuta or AWS refused and what to do about it: the location
 * is registered already, a validation test failed, the API key was rejected. Removing it deletes the integration from Immuta.
 *
 * @see https://documentation.immuta.com/saas/developer-guides/api-intro/integrations-api/how-to-guides/s3-api
 *
 * @example
 * const immuta = new ImmutaTenant(this, 'Immuta', {
 *   url: 'https://acme.immutacloud.com',
 *   apiKey: Secret.fromSecretNameV2(this, 'ApiKey', 'immuta/api-key'),
 * });
 *
 * new ImmutaS3Integration(this, 'SalesLake', {
 *   tenant: immuta,
 *   location: S3Location.bucket(s3.Bucket.fromBucketName(this, 'Sales', 'acme-sales')),
 *   authentication: ImmutaAuthentication.assumeRole({
 *     principal: new iam.ArnPrincipal('arn:aws:iam::444455556666:role/immuta'),
 *   }),
 * });
 */
export class ImmutaS3Integration extends Construct implements IImmutaS3Integration {
  /**
   * Imports an integration by its id.
   *
   * @param scope the construct that the import belongs to
   * @param id the id of the import
   * @param integrationId ID of the integration in Immuta
   */
  public static fromIntegrationId(scope: Construct, id: string, integrationId: string): IImmutaS3Integration {
    class Import extends Construct implements IImmutaS3Integration {
      public readonly integrationId = integrationId;
    }
    return new Import(scope, id);
  }

  public readonly integrationId: string;

  /**
   * Name of the integration in Immuta, its mark included.
   *
   * @attribute
   */
  public readonly integrationName: string;

  /** The role with which S3 Access Grants reaches the data. */
  public readonly locationRole: iam.IRole;

  /** The role that Immuta assumes or runs as; none if it has an access key. */
  public readonly immutaRole?: iam.IRole;

  /** What the owners of the buckets add to the buckets' policies if they are of another account. */
  public readonly bucketPolicyStatements: iam.PolicyStatement[];

  /** What the owners of the encryption keys add to the keys' policies if they are of another account. */
  public readonly keyPolicyStatements: iam.PolicyStatement[];

  /** @internal */
  public readonly _tenant: IImmutaTenant;

  /** @internal */
  public readonly _location: S3Location;

  /** @internal */
  public readonly _name?: string;

  /** @internal */
  public readonly _managedUser?: ManagedUser;

  /** Another location has another one of these, so that its resources are other resources. */
  private readonly parts: Construct;
  private readonly write: boolean;
  private readonly encryptionKeys: kms.IKey[];
  private readonly givenInstance?: IAccessGrantsInstance;
  private readonly accessGrantsInstanceArn: string;
  private readonly bucketAccount: string;
  private readonly neverRetained: IConstruct[];
  private readonly stack: Stack;
  private removalPolicy?: RemovalPolicy;

  constructor(scope: Construct, id: string, props: ImmutaS3IntegrationProps) {
    super(scope, id);
    this.stack = Stack.of(this);
    this.refuseAtOnce(props);
    this._tenant = props.tenant;
    this._location = props.location;
    this._name = props.integrationName;
    this.parts = new Construct(this, digest(props.locationIdentity ?? props.location._identity));
    this.write = props.access !== LocationAccess.READ_ONLY;
    this.encryptionKeys = [...new Set([...props.location._encryptionKeys, ...props.encryptionKeys ?? []])];
    this.givenInstance = props.accessGrantsInstance;
    this.accessGrantsInstanceArn = props.accessGrantsInstance?.accessGrantsInstanceArn ?? instanceArnOf(this.stack);
    this.bucketAccount = props.bucketAccount ?? props.location._buckets[0]?.env.account ?? this.stack.account;

    this.addChecks(props);
    const location = this.createLocationRole(props);
    this.locationRole = location.role;
    const authentication = this.bindAuthentication(props);
    this.immutaRole = authentication.role;
    this._managedUser = authentication.managedUser;
    const diagnosis = props.diagnosePermissions ? [this.createDiagnosisPolicy(props.tenant, authentication.principalArn)] : [];
    const properties = this.resourceProperties(props, authentication);
    const resource = this.createResource(props, properties);
    resource.node.addDependency(
      props.tenant,
      props.accessGrantsInstance ?? AccessGrantsInstance._default(this, props.adopt === undefined),
      ...location.dependencies,
      ...authentication.dependencies,
      ...diagnosis,
    );
    this.node.defaultChild = resource.node.defaultChild;

    this.integrationId = resource.getAttString('IntegrationId' satisfies keyof IntegrationAttributes);
    this.integrationName = resource.getAttString('IntegrationName' satisfies keyof IntegrationAttributes);
    const ofHandler = authentication.ofHandler ? [authentication.ofHandler] : [];
    this.neverRetained = [...ofHandler, ...diagnosis, ...this.createRotation(props, resource, properties)];
    this.bucketPolicyStatements = this.ownerStatements(authentication);
    this.keyPolicyStatements = this.encryptionKeys.length === 0 ? []
      : keyOwnerStatements({ region: this.stack.region, locationRoleArn: this.locationRole.roleArn, write: this.write });
    this.applyRemovalPolicy(props.removalPolicy ?? (props.adopt === undefined ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN));
  }

  /**
   * Decides what happens to the integration when it leaves the template, as the property `removalPolicy` does.
   *
   * @param policy `DESTROY`, which an adopted integration does not take, or `RETAIN`
   */
  public applyRemovalPolicy(policy: RemovalPolicy): void {
    this.removalPolicy = policy;
    const retain = policy === RemovalPolicy.RETAIN || policy === RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    applyRemovalPolicy(this.parts, retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);

    this.neverRetained.forEach((construct) => applyRemovalPolicy(construct, RemovalPolicy.DESTROY));
    const instance = this.givenInstance ?? definedIn(outermostStack(this))[0];
    if (retain && instance instanceof DefinedInstance) {
      instance._retain();
    }
  }

  /**
   * Rotations of the access key that failed, of those that `ImmutaAuthentication.managedAccessKey({ rotation })` schedules: 1 or 0 for each.
   *
   * @param props other properties of the metric
   */
  public metricKeyRotationFailed(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName: METRIC_KEY_ROTATION_FAILED,
      dimensionsMap: { [METRIC_DIMENSION_INTEGRATION_ID]: this.integrationId },
      statistic: 'Sum',
      ...props,
    }).attachTo(this);
  }

  /** At once, since the CDK's own error about the references comes before any check: with all else that is wrong with the properties. */
  private refuseAtOnce(props: ImmutaS3IntegrationProps): void {
    const durations = [...durationProblems('timeout', props.timeout), ...durationProblems('iamPropagationTimeout', props.iamPropagationTimeout)];
    if (durations.length > 0) {
      // nothing else can be told without them
      throw new Error(`[${this.node.path}] ${durations.join('\n')}`);
    }
    const problems = [
      ...environmentProblems(this, props.tenant, props.accessGrantsInstance),
      ...bucketRegionProblems(this, props.location),
    ];
    if (problems.length > 0) {
      throw new Error(`[${this.node.path}] ${[...problems, ...propProblems(props)].join('\n')}`);
    }
  }

  private addChecks(props: ImmutaS3IntegrationProps): void {
    for (const [id, message] of [...prefixWarnings(props.location), ...neighbourWarnings(this, this.earlierIntegrations())]) {
      Annotations.of(this).addWarningV2(`cdk-immuta-s3-integration:${id}`, message);
    }
    this.node.addValidation({
      validate: () => {
        const [ofStack] = definedIn(outermostStack(this));
        return [
          ...propProblems(props),
          ...removalPolicyProblems('an integration', this.removalPolicy),
          ...keyProblems(this.encryptionKeys),
          ...identityCenterProblems(props.identityCenter, props.accessGrantsInstance ?? (ofStack?._explicit ? ofStack : undefined)),
          ...adoptProblems(props.adopt, this.removalPolicy, props.accessGrantsInstance ?? ofStack, this._managedUser),
          ...managedUserProblems(this, this.earlierIntegrations()),
          ...duplicateProblems(this, this.earlierIntegrations()),
        ];
      },
    });
  }

  /** The app's integrations that were defined before this one. */
  private earlierIntegrations(): ImmutaS3Integration[] {
    const all = this.node.root.node.findAll().filter((child): child is ImmutaS3Integration => child instanceof ImmutaS3Integration);
    return all.slice(0, all.indexOf(this));
  }

  private createLocationRole(props: ImmutaS3IntegrationProps): { role: iam.IRole; dependencies: IConstruct[] } {
    const statements = locationRoleStatements({
      partition: this.stack.partition,
      region: this.stack.region,
      accessGrantsInstanceArn: this.accessGrantsInstanceArn,
      data: props.location._governedData,
      write: this.write,
      bucketAccount: this.bucketAccount,
      keyArns: this.encryptionKeys.map((key) => key.keyArn),
    });
    const trust: LocationRoleTrustOptions = {
      partition: this.stack.partition,
      account: this.stack.account,
      accessGrantsInstanceArn: this.accessGrantsInstanceArn,
      identityCenter: props.identityCenter !== undefined,
    };
    if (props.locationRole) {
      return this.useLocationRole(props.locationRole, trust, statements);
    }
    const role = new iam.Role(this.parts, 'LocationRole', {
      // for bucket policies in stacks of other accounts
      roleName: PhysicalName.GENERATE_IF_NEEDED,
      description: 'S3 Access Grants assumes it to vend credentials for data that Immuta governs',
      assumedBy: new LocationRolePrincipal(trust),
      inlinePolicies: { GovernedData: new iam.PolicyDocument({ statements }) },
    });
    acknowledgeWildcards(role, statements);
    role.node.addValidation({ validate: () => ownRolePolicyProblems(role) });
    return { role, dependencies: resourceOf(role) };
  }

  private useLocationRole(given: iam.IRole, trust: LocationRoleTrustOptions, statements: iam.PolicyStatement[]) {
    const policy = attachToRole(this.parts, 'LocationPolicy', given, statements, locationRoleTrust(trust));
    if (iam.Role.isRole(given)) {
      new LocationRolePrincipal(trust).addToAssumeRolePolicy(given.assumeRolePolicy!);
    }
    return { role: given, dependencies: [...resourceOf(given), ...policy ? [policy] : []] };
  }

  private bindAuthentication(props: ImmutaS3IntegrationProps): BoundAuthentication {
    return props.authentication._bind(this.parts, {
      tenant: props.tenant,
      statements: immutaPrincipalStatements({
        partition: this.stack.partition,
        accessGrantsInstanceArn: this.accessGrantsInstanceArn,
        locationRoleArn: this.locationRole.roleArn,
        data: props.location._governedData,
        bucketAccount: this.bucketAccount,
        restrictPassRole: props.restrictPassRole ?? false,
        identityCenter: this.identityCenter(props.identityCenter),
      }),
    });
  }

  private identityCenter(options?: IdentityCenterOptions): IdentityCenter | undefined {
    if (!options) {
      return undefined;
    }
    const instance = this.givenInstance ?? definedIn(outermostStack(this))[0];
    // an export of another stack could not change while it is used here, and each association has another application
    const isKnown = instance instanceof AdoptingAccessGrantsInstance && outermostStack(instance) === outermostStack(this);
    return {
      ...options,
      identityStoreAccount: options.identityStoreAccount ?? this.stack.account,
      applicationArn: options.applicationArn ?? (isKnown ? instance.identityCenterApplicationArn : undefined),
    };
  }

  private createDiagnosisPolicy(tenant: IImmutaTenant, principalArn: string): iam.Policy {
    return attachToHandler(this.parts, DIAGNOSIS_POLICY_ID, tenant.handler.role!, [diagnosisStatement(principalArn)]);
  }

  private resourceProperties(props: ImmutaS3IntegrationProps, authentication: BoundAuthentication): IntegrationProperties {
    const { timeout, iamPropagationTimeout } = timeouts(props);
    return {
      TenantUrl: props.tenant.url,
      ApiKeySecretArn: props.tenant.apiKey.secretArn,
      IntegrationName: props.integrationName,
      AccountId: this.stack.account,
      Region: this.stack.region,
      LocationPath: props.location.locationScope,
      LocationRoleArn: this.locationRole.roleArn,
      ...authentication.properties,
      TimeoutSeconds: `${timeout.toSeconds()}`,
      IamPropagationTimeoutSeconds: `${iamPropagationTimeout.toSeconds()}`,
      RemovalPolicy: Lazy.string({ produce: () => isRetained(this.node.defaultChild as CfnResource) ? 'retain' : 'destroy' }) as 'destroy' | 'retain',
      CredentialsVersion: props.credentialsVersion,
      Revision: props.revision,
      Adopt: props.adopt,
      Generation: Lazy.string({ produce: () => generation(this.parts, authentication) }),
      DiagnosedPrincipalArn: props.diagnosePermissions ? authentication.principalArn : undefined,
      BucketAccountId: props.diagnosePermissions ? this.bucketAccount : undefined,
    };
  }

  private createResource(props: ImmutaS3IntegrationProps, properties: IntegrationProperties): CustomResource {
    const { timeout } = timeouts(props);
    const resource = new CustomResource(this.parts, 'Resource', {
      resourceType: INTEGRATION_RESOURCE_TYPE,
      serviceToken: props.tenant.handler.functionArn,
      serviceTimeout: serviceTimeoutFor(timeout),
      properties,
    });
    orderDependencies(resource.node.defaultChild as CfnResource);
    return resource;
  }

  private createRotation({ tenant }: ImmutaS3IntegrationProps, resource: CustomResource, properties: IntegrationProperties): IConstruct[] {
    const { rotation: schedule } = this._managedUser ?? {};
    return schedule ? [new KeyRotation(this.parts, 'KeyRotation', {
      schedule,
      handler: tenant.handler,
      resource,
      integrationId: this.integrationId,
      properties,
    })] : [];
  }

  private ownerStatements(authentication: BoundAuthentication): iam.PolicyStatement[] {
    return this._location._buckets.flatMap((bucket) => bucketOwnerStatements({
      partition: this.stack.partition,
      accessGrantsInstanceArn: this.accessGrantsInstanceArn,
      locationRoleArn: this.locationRole.roleArn,
      immutaPrincipalArn: authentication.principalArn,
      bucketArn: bucket.bucketArn,
      prefix: this._location._prefix,
      write: this.write,
    }));
  }
}

function propProblems(props: ImmutaS3IntegrationProps): string[] {
  const { timeout, iamPropagationTimeout } = timeouts(props);
  return [
    ...locationProblems(props.location),
    ...nameProblems(props.integrationName, props.adopt !== undefined),
    ...timeoutProblems(timeout, iamPropagationTimeout),
  ];
}

function timeouts(props: ImmutaS3IntegrationProps): { timeout: Duration; iamPropagationTimeout: Duration } {
  const timeout = props.timeout ?? Duration.minutes(30);
  const shorter = Duration.seconds(Math.min(timeout.toSeconds(), Duration.minutes(3).toSeconds()));
  return { timeout, iamPropagationTimeout: props.iamPropagationTimeout ?? shorter };
}

/**
 * The id of a role or policy that the integration has for itself; none if all roles are imported as immutable. IAM gives a role another id
 * each time that it is made, and CloudFormation a policy, even where the names stay the same.
 */
function generation(parts: Construct, { ownPolicy }: BoundAuthentication): string | undefined {
  const own = ['LocationRole', 'ImmutaRole', 'LocationPolicy', 'ImmutaPolicy']
    .map((id) => parts.node.tryFindChild(id)?.node.defaultChild)
    .find((resource) => resource !== undefined) as CfnResource | undefined;
  return own instanceof iam.CfnRole ? own.attrRoleId : own?.ref ?? ownPolicy?.managedPolicyArn;
}

/** The CDK orders them by the paths of constructs, which tell an explicit instance from the default one, and a moved role from an unmoved one. */
function orderDependencies(resource: CfnResource): void {
  // those of other stacks are among them, and policies of roles that `Role.customizeRoles` leaves out of the template
  // eslint-disable-next-line dot-notation -- it is protected
  const isOfTemplate = (other: IConstruct) => CfnResource.isCfnResource(other) && other.stack === resource.stack && other['shouldSynthesize']();
  const logicalIds = () => resource.obtainDependencies().filter(isOfTemplate)
    .map((other) => resource.stack.resolve((other as CfnResource).logicalId))
    .sort();
  resource.addOverride('DependsOn', Lazy.list({ produce: logicalIds }, { omitEmpty: true }));
}
