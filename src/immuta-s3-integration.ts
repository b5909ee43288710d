import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IConstruct, IDependable } from 'constructs';
import { AccessGrantsInstance } from './access-grants-instance';
import {
  INTEGRATION_RESOURCE_TYPE, IntegrationAttributes, METRIC_DIMENSION_SECRET, METRIC_KEY_ROTATION_FAILED,
  METRIC_NAMESPACE,
} from './handler/contract';
import { IdentityCenterOptions } from './identity-center';
import { ImmutaAuthentication } from './immuta-authentication';
import { IAccessGrantsInstance, IImmutaS3Integration, IImmutaTenant } from './interfaces';
import { DEFAULT_ID, DefinedInstance } from './private/access-grants-instance-base';
import { attachToHandler } from './private/attach-policy';
import { BoundAuthentication } from './private/authentication';
import { createCustomResource } from './private/custom-resource';
import { dependOnDefinedInstance, findApplicationArn, findDefinedInstance } from './private/default-instance';
import { renderIntegrationProperties } from './private/integration-properties';
import { validateIntegration } from './private/integration-validation';
import { createLocationRole, LocationRole } from './private/location-role';
import { diagnosisStatement } from './private/policies/handler-role';
import { IdentityCenter } from './private/policies/identity-center';
import { immutaPrincipalStatements } from './private/policies/immuta-principal';
import { bucketOwnerStatements, keyOwnerStatements } from './private/policies/other-account';
import { applyRemovalPolicy } from './private/removal-policy';
import { formatInstanceArn } from './private/stacks';
import { digestIdentity } from './private/tokens';
import { resolveTimeouts } from './private/validation/durations';
import { createProblem, throwProblems } from './private/validation/problems';
import { LocationAccess, S3Location } from './s3-location';

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
   * Any text, such as the version ID of the secret with the access key. A change of it sends the configuration to Immuta again, with the credentials of
   * that moment.
   *
   * @default - the configuration is sent when a property changes
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

  /**
   * The secret of a managed access key; none with another authentication. Secrets Manager rotates it on the schedule of `rotation`, and at any time with
   * `aws secretsmanager rotate-secret --secret-id …`; without `rotation` this also needs `--rotation-lambda-arn` with the ARN of the tenant's `handler`.
   */
  public readonly accessKeySecret?: secretsmanager.ISecret;

  /** What the owners of the buckets add to the buckets' policies if they are of another account. */
  public readonly bucketPolicyStatements: iam.PolicyStatement[];

  /** What the owners of the encryption keys add to the keys' policies if they are of another account. */
  public readonly keyPolicyStatements: iam.PolicyStatement[];

  private readonly props: ImmutaS3IntegrationProps;
  private readonly accessGrantsInstanceArn: string;
  private readonly bucketAccount: string;
  private readonly encryptionKeys: kms.IKey[];
  /** Scope of all resources. Its ID changes with the location, so that another location has new resources. */
  private readonly parts: Construct;
  /** Resources that are never retained: IAM cannot delete the handler's role while it has policies. */
  private readonly alwaysDeleted: IConstruct[];
  private authentication?: BoundAuthentication;
  private removalPolicy?: RemovalPolicy;

  constructor(scope: Construct, id: string, props: ImmutaS3IntegrationProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.props = props;
    this.accessGrantsInstanceArn = props.accessGrantsInstance?.accessGrantsInstanceArn ?? formatInstanceArn(stack);
    this.bucketAccount = props.bucketAccount ?? props.location._buckets[0]?.env.account ?? stack.account;
    this.encryptionKeys = [...new Set([...props.location._encryptionKeys, ...props.encryptionKeys ?? []])];
    this.parts = new Construct(this, digestIdentity(props.locationIdentity ?? props.location._identity));
    validateIntegration(this, props, () => ({
      removalPolicy: this.removalPolicy, encryptionKeys: this.encryptionKeys, managedAccessKey: this.authentication?.managedAccessKey,
    }));

    const location = this.createLocationRole();
    this.locationRole = location.role;

    const authentication = this.bindAuthentication();
    this.authentication = authentication;
    this.immutaRole = authentication.role;
    this.accessKeySecret = authentication.managedAccessKey?.secret;
    const diagnosis = props.diagnosePermissions ? [this.createDiagnosisPolicy(authentication)] : [];

    const properties = renderIntegrationProperties(props, {
      scope: this.parts, locationRole: this.locationRole, authentication, bucketAccount: this.bucketAccount,
    });
    const resource = createCustomResource(this.parts, {
      resourceType: INTEGRATION_RESOURCE_TYPE, handler: props.tenant.handler, timeout: resolveTimeouts(props).timeout, properties,
    });
    resource.node.addDependency(
      props.tenant, this.dependOnInstance(), ...location.dependencies, ...authentication.dependencies, ...diagnosis,
    );
    this.node.defaultChild = resource.node.defaultChild;
    this.integrationId = resource.getAttString('IntegrationId' satisfies keyof IntegrationAttributes);
    this.integrationName = resource.getAttString('IntegrationName' satisfies keyof IntegrationAttributes);

    const owner = { accessGrantsInstanceArn: this.accessGrantsInstanceArn, locationRoleArn: this.locationRole.roleArn, write: this.write };
    this.bucketPolicyStatements = bucketOwnerStatements({
      ...owner, partition: stack.partition, data: props.location._governedData, immutaPrincipalArn: authentication.principalArn,
    });
    this.keyPolicyStatements = this.encryptionKeys.length === 0 ? [] : keyOwnerStatements({ ...owner, region: stack.region });

    const rotation = authentication.managedAccessKey?.createRotationSchedule(resource) ?? [];
    this.alwaysDeleted = [...authentication.ofHandler ? [authentication.ofHandler] : [], ...diagnosis, ...rotation];
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

    this.alwaysDeleted.forEach((construct) => applyRemovalPolicy(construct, RemovalPolicy.DESTROY));
    const instance = this.findInstance();
    if (retain && instance instanceof DefinedInstance) {
      instance._retain();
    }
  }

  /**
   * Returns the metric of failed rotations of a managed access key: 1 for each step that fails, 0 for each rotation and each deployment that
   * gives Immuta the key.
   *
   * An alarm with `treatMissingData: TreatMissingData.IGNORE` recovers when a later rotation or deployment succeeds. The default
   * statistic is the minimum of one minute, so that a retry that succeeds counts.
   *
   * Throws an error if the integration has no managed access key.
   *
   * @param props other properties of the metric
   *
   * @example
   * declare const integration: ImmutaS3Integration;
   * new cloudwatch.Alarm(this, 'KeyRotationFailed', {
   *   metric: integration.metricKeyRotationFailed(),
   *   threshold: 1,
   *   evaluationPeriods: 1,
   *   treatMissingData: cloudwatch.TreatMissingData.IGNORE,
   * });
   */
  public metricKeyRotationFailed(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const { accessKeySecret } = this;
    throwProblems(this, accessKeySecret ? [] : [createProblem('ROTATION_WITHOUT_MANAGED_KEY')]);
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName: METRIC_KEY_ROTATION_FAILED,
      dimensionsMap: { [METRIC_DIMENSION_SECRET]: accessKeySecret!.secretArn },
      statistic: 'Minimum',
      period: Duration.minutes(1),
      ...props,
    }).attachTo(this);
  }

  private get write(): boolean {
    return this.props.access !== LocationAccess.READ_ONLY;
  }

  private findInstance(): IAccessGrantsInstance | undefined {
    return this.props.accessGrantsInstance ?? findDefinedInstance(this);
  }

  private dependOnInstance(): IDependable {
    const { accessGrantsInstance, adopt } = this.props;
    // An integration that exists has an instance: a second one could not be created.
    const define = adopt === undefined ? (stack: Stack) => { new AccessGrantsInstance(stack, DEFAULT_ID); } : undefined;
    return accessGrantsInstance ?? dependOnDefinedInstance(this, define);
  }

  private createLocationRole(): LocationRole {
    return createLocationRole(this.parts, {
      accessGrantsInstanceArn: this.accessGrantsInstanceArn,
      data: this.props.location._governedData,
      write: this.write,
      bucketAccount: this.bucketAccount,
      keyArns: this.encryptionKeys.map((key) => key.keyArn),
      identityCenter: this.props.identityCenter !== undefined,
      role: this.props.locationRole,
    });
  }

  private bindAuthentication(): BoundAuthentication {
    const { authentication, location, restrictPassRole = false, tenant } = this.props;
    return authentication._bind(this.parts, {
      tenant,
      statements: immutaPrincipalStatements({
        partition: Stack.of(this).partition,
        accessGrantsInstanceArn: this.accessGrantsInstanceArn,
        locationRoleArn: this.locationRole.roleArn,
        data: location._governedData,
        bucketAccount: this.bucketAccount,
        restrictPassRole,
        identityCenter: this.resolveIdentityCenter(),
      }),
    });
  }

  private resolveIdentityCenter(): IdentityCenter | undefined {
    const options = this.props.identityCenter;
    return options && {
      ...options,
      identityStoreAccount: options.identityStoreAccount ?? Stack.of(this).account,
      applicationArn: options.applicationArn ?? findApplicationArn(this, this.findInstance()),
    };
  }

  /** The diagnosis asks IAM what Immuta's principal is denied. */
  private createDiagnosisPolicy({ principalArn }: BoundAuthentication): iam.Policy {
    return attachToHandler(this.parts, 'DiagnosisPolicy', this.props.tenant.handler.role!, [diagnosisStatement(principalArn)]);
  }
}
