import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IConstruct } from 'constructs';
import { AccessGrantsInstance } from './access-grants-instance';
import { IntegrationAttributes } from './handler/contract';
import { IdentityCenterOptions } from './identity-center';
import { ImmutaAuthentication } from './immuta-authentication';
import { DataSourcesOptions, ImmutaS3DataSources } from './immuta-s3-data-sources';
import { IAccessGrantsInstance, IImmutaS3Integration, IImmutaTenant } from './interfaces';
import { DEFAULT_ID, DefinedInstance } from './private/access-grants-instance-base';
import { attachDiagnosis } from './private/attach-policy';
import { ManagedAccessKey } from './private/authentication';
import { dependOnDefinedInstance, findDefinedInstance, resolveIdentityCenter } from './private/default-instance';
import { allowDescribeStack } from './private/described-stacks';
import { createIntegrationResource } from './private/integration-resource';
import { validateIntegration } from './private/integration-validation';
import { createLocationRole } from './private/location-role';
import { buildImmutaStatements } from './private/policies/immuta-principal';
import { buildBucketOwnerStatements, buildKeyOwnerStatements } from './private/policies/other-account';
import { applyRemovalPolicy } from './private/removal-policy';
import { formatInstanceArn } from './private/stacks';
import { digestIdentity } from './private/tokens';
import { registerManagedUser } from './private/validation/duplicates';
import { createProblem, throwProblems } from './private/validation/problems';
import { LocationAccess, S3Location } from './s3-location';

/** Properties for an Immuta integration with S3. */
export interface ImmutaS3IntegrationProps {
  /** The Immuta tenant that governs the data. It must be in the account and Region of the integration. */
  readonly tenant: IImmutaTenant;

  /**
   * The part of S3 that Immuta governs. Immuta registers it in S3 Access Grants, so it must not be registered yet.
   *
   * A new location is a new integration. CloudFormation creates it before it deletes the old one.
   */
  readonly location: S3Location;

  /** How Immuta authenticates with AWS. */
  readonly authentication: ImmutaAuthentication;

  /**
   * The S3 Access Grants instance of the account and Region.
   *
   * @default - the instance that the stack defines. If there is none, the first integration defines it
   */
  readonly accessGrantsInstance?: IAccessGrantsInstance;

  /**
   * Beginning of the integration's name in Immuta: 1 to 74 characters. A suffix that identifies the owner follows.
   *
   * An adopted integration has this name of 1 to 100 characters without a suffix. If an update that renames an adopted
   * integration is rolled back, it gets its old name only if the property contained that before.
   *
   * @default - the account, the Region and the location
   */
  readonly integrationName?: string;

  /**
   * The most that users can do with the data. Immuta's policies narrow it.
   *
   * @default LocationAccess.READ_WRITE
   */
  readonly access?: LocationAccess;

  /**
   * The role with which S3 Access Grants reaches the data. It gets a policy.
   *
   * You maintain the trust policy of an imported role: `access-grants.s3.amazonaws.com` needs `sts:AssumeRole` and
   * `sts:SetSourceIdentity`, and with Identity Center also `sts:SetContext`.
   *
   * @default - a new role
   */
  readonly locationRole?: iam.IRole;

  /**
   * KMS keys that encrypt the objects, in addition to the `encryptionKey` of each bucket. Imported buckets have none.
   *
   * @default - the keys that the buckets have in the CDK
   */
  readonly encryptionKeys?: kms.IKey[];

  /**
   * ID of the account that owns the buckets. Set it for imported buckets, which claim the account of their stack.
   *
   * @default - the account that the buckets claim. Without buckets, the account of the integration
   */
  readonly bucketAccount?: string;

  /**
   * The IAM Identity Center instance whose users and groups Immuta grants to. It needs an instance that is not the
   * default.
   *
   * @default - Immuta grants only to IAM principals
   */
  readonly identityCenter?: IdentityCenterOptions;

  /**
   * Whether Immuta can pass the location role only to S3 Access Grants (`iam:PassedToService`).
   *
   * The value is the one that AWS documents, and was not verified against AWS. Set `false` if AWS denies Immuta
   * `iam:PassRole`.
   *
   * @default true
   */
  readonly restrictPassRole?: boolean;

  /**
   * Whether Immuta can manage only the location of this integration and the grants in it
   * (`s3:AccessGrantsLocationScope`, `s3:AccessGrantScope`).
   *
   * With `false`, Immuta can also change and delete the locations of other tools, and grant access through them. The
   * values of the condition keys were not verified against AWS. Set `false` if AWS denies Immuta its own location or
   * grants.
   *
   * @default true
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
   */
  readonly restrictScope?: boolean;

  /**
   * What happens to the integration when it leaves the template.
   *
   * `RETAIN` keeps the integration with its roles, its policies and the S3 Access Grants instance. A first deployment
   * that fails deletes them all the same.
   *
   * @default - `RemovalPolicy.DESTROY`. With `adopt`, `RemovalPolicy.RETAIN`
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long a deployment waits for Immuta, from 1 to 50 minutes.
   *
   * @default Duration.minutes(30)
   */
  readonly timeout?: Duration;

  /**
   * How long the handler retries failures that a new role or policy can cause: 1 second to 10 minutes, at most
   * `timeout`.
   *
   * @default - 3 minutes, or `timeout` if that is shorter
   */
  readonly iamPropagationTimeout?: Duration;

  /**
   * Whether a deployment that fails in Immuta's validation reports the actions that AWS denies Immuta's role or user,
   * and whether its policies, its permissions boundary or the organization denies them.
   *
   * The tenant's function gets permission to simulate the policies of that principal (`iam:SimulatePrincipalPolicy`),
   * which discloses what they allow. If the simulator does not answer, the reason omits the actions.
   *
   * @default false
   */
  readonly diagnosePermissions?: boolean;

  /**
   * ID of an existing integration in Immuta, such as `17`. The first deployment adopts it instead of creating one.
   *
   * The integration must be enabled and have the configuration of the other properties, and its roles must exist.
   * Otherwise the deployment fails and reports the differences. Adopting changes nothing in Immuta, and nothing deletes
   * the integration later, even if `adopt` is removed. Later updates manage it. Its name is compared only if
   * `integrationName` is set. Set it to adopt a retained integration of another `ImmutaS3Integration`, which confirms
   * that no stack owns it.
   *
   * Later deployments do not read the ID. It can stay, but it cannot change to another ID.
   *
   * @default - a new integration
   */
  readonly adopt?: string;

  /**
   * Any text, such as the version ID of the secret with the access key. A change sends the configuration to Immuta
   * again, with the current credentials.
   *
   * @default - the configuration is sent when a property changes
   */
  readonly revision?: string;

  /**
   * Any text that replaces the location in the construct IDs of the integration's resources.
   *
   * The IDs contain a digest of the bucket's name or logical ID, so that another location has other resources. Set this
   * property to keep the resources when only the logical ID of the bucket or the name of its stack changes.
   *
   * @default - the name of the bucket, or its logical ID with the path of its stack, and the prefix
   */
  readonly locationIdentity?: string;
}

/**
 * Defines an integration with which Immuta governs a part of S3, and the roles that it needs.
 *
 * A deployment succeeds when the integration is enabled. Otherwise it fails with the cause and a remedy, for example if
 * the location is already registered, a validation test fails or Immuta rejects the API key. Removing the construct
 * deletes the integration from Immuta.
 *
 * @see https://documentation.immuta.com/saas/developer-guides/api-intro/integrations-api/how-to-guides/s3-api
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
   * Imports an integration by its ID.
   *
   * @param scope the scope of the import
   * @param id the construct ID of the import
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
   * Name of the integration in Immuta, including its suffix.
   *
   * @attribute
   */
  public readonly integrationName: string;

  /** The role with which S3 Access Grants reaches the data. */
  public readonly locationRole: iam.IRole;

  /** The role that Immuta assumes or runs as. Undefined if Immuta has an access key. */
  public readonly immutaRole?: iam.IRole;

  /**
   * The secret of a managed access key. Undefined with any other authentication.
   *
   * To rotate it, run `aws secretsmanager rotate-secret --secret-id …`. Without `rotation`, also pass
   * `--rotation-lambda-arn` with the ARN of the tenant's `handler`.
   */
  public readonly accessKeySecret?: secretsmanager.ISecret;

  /** Statements that the owners in other accounts add to the policies of the buckets. */
  public readonly bucketPolicyStatements: iam.PolicyStatement[];

  /** Statements that the owners in other accounts add to the policies of the encryption keys. */
  public readonly keyPolicyStatements: iam.PolicyStatement[];

  /** Statements that the location role needs. Add them to a `locationRole` that accepts no policies. */
  public readonly locationRolePolicyStatements: iam.PolicyStatement[];

  /** Statements that the trust policy of the location role needs. Add them to that of an imported `locationRole`. */
  public readonly locationRoleTrustStatements: iam.PolicyStatement[];

  /** Statements that Immuta's role or user needs. Add them to a role that accepts no policies. */
  public readonly immutaPolicyStatements: iam.PolicyStatement[];

  private readonly tenant: IImmutaTenant;
  private readonly instance?: IAccessGrantsInstance;
  private readonly managedAccessKey?: ManagedAccessKey;
  /** Scope of all resources. Its ID changes with the location, so that another location has new resources. */
  private readonly parts: Construct;
  /** Resources that are never retained: IAM cannot delete the handler's role while it has policies. */
  private readonly alwaysDeleted: IConstruct[];
  private removalPolicy?: RemovalPolicy;

  constructor(scope: Construct, id: string, props: ImmutaS3IntegrationProps) {
    super(scope, id);
    const { account, partition, region } = Stack.of(this);
    const { adopt, location, tenant } = props;
    const encryptionKeys = [...new Set([...location._encryptionKeys, ...props.encryptionKeys ?? []])];
    this.tenant = tenant;
    this.instance = props.accessGrantsInstance;
    this.parts = new Construct(this, digestIdentity(props.locationIdentity ?? location._identity));
    validateIntegration(this, props, () => ({
      removalPolicy: this.removalPolicy, encryptionKeys, managedAccessKey: this.managedAccessKey,
    }));

    const governed = {
      partition,
      region,
      accessGrantsInstanceArn: this.instance?.accessGrantsInstanceArn ?? formatInstanceArn(Stack.of(this)),
      data: location._governedData,
      bucketAccount: props.bucketAccount ?? location._buckets[0]?.env.account ?? account,
      write: props.access !== LocationAccess.READ_ONLY,
    };
    const { role: locationRole, dependencies, statements: locationStatements, trust } = createLocationRole(this.parts, {
      ...governed,
      role: props.locationRole,
      keyArns: encryptionKeys.map((key) => key.keyArn),
      identityCenter: props.identityCenter !== undefined,
    });
    this.locationRole = locationRole;
    this.locationRolePolicyStatements = locationStatements;
    this.locationRoleTrustStatements = trust;
    const locationRoleArn = locationRole.roleArn;

    const identityCenter = resolveIdentityCenter(this, props.identityCenter, this.findInstance());
    const { restrictPassRole, restrictScope } = props;
    const statements = buildImmutaStatements({
      ...governed, locationRoleArn, restrictPassRole, restrictScope, identityCenter,
    });
    this.immutaPolicyStatements = statements;
    const authentication = props.authentication._bind(this.parts, { tenant, statements });
    const immutaPrincipalArn = authentication.principalArn;
    this.immutaRole = authentication.role;
    this.managedAccessKey = authentication.managedAccessKey;
    this.accessKeySecret = this.managedAccessKey?.secret;
    if (this.managedAccessKey) {
      registerManagedUser(this, this.managedAccessKey.user);
    }
    this.bucketPolicyStatements = buildBucketOwnerStatements({ ...governed, locationRoleArn, immutaPrincipalArn });
    const keyStatements = buildKeyOwnerStatements({ ...governed, locationRoleArn });
    this.keyPolicyStatements = encryptionKeys.length > 0 ? keyStatements : [];

    const diagnosis = props.diagnosePermissions ? [attachDiagnosis(this.parts, tenant, immutaPrincipalArn)] : [];
    allowDescribeStack(this, tenant);
    const resource = createIntegrationResource(props, { ...governed, scope: this.parts, locationRole, authentication });
    // The instance of an adopted integration exists, so that a second one could not be created.
    const defineInstance = (stack: Stack) => { new AccessGrantsInstance(stack, DEFAULT_ID); };
    const instance = this.instance ?? dependOnDefinedInstance(this, adopt === undefined ? defineInstance : undefined);
    resource.node.addDependency(tenant, instance, ...dependencies, ...authentication.dependencies, ...diagnosis);
    this.node.defaultChild = resource.node.defaultChild;
    this.integrationId = resource.getAttString('IntegrationId' satisfies keyof IntegrationAttributes);
    this.integrationName = resource.getAttString('IntegrationName' satisfies keyof IntegrationAttributes);

    const rotation = this.managedAccessKey?.createRotationSchedule(resource) ?? [];
    this.alwaysDeleted = [...authentication.handlerPolicies, ...diagnosis, ...rotation];
    const { removalPolicy = adopt === undefined ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN } = props;
    this.applyRemovalPolicy(removalPolicy);
  }

  /**
   * Sets what happens to the integration when it leaves the template, as the property `removalPolicy` does.
   *
   * @param policy `DESTROY` or `RETAIN`. An adopted integration accepts only `RETAIN`
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
   * Registers parts of the location as data sources in Immuta.
   *
   * @param id the construct ID of the data sources
   * @param options names, prefixes, and what happens when they are removed
   * @example
   * integration.addDataSources('Curated', {
   *   dataSources: { 'Sales orders': 'orders/', 'Sales returns': 'returns/' },
   * });
   */
  public addDataSources(id: string, options: DataSourcesOptions): ImmutaS3DataSources {
    return new ImmutaS3DataSources(this, id, { integration: this, tenant: this.tenant, ...options });
  }

  /**
   * Returns the metric of failed rotations of a managed access key: 1 for each step that fails, 0 for each rotation and
   * each deployment that gives Immuta the key. Throws an error if the integration has no managed access key.
   *
   * An alarm with `treatMissingData: TreatMissingData.IGNORE` recovers when a later rotation or deployment succeeds.
   * The default statistic is the minimum of one minute, so that a retry that succeeds counts.
   *
   * @param props other properties of the metric
   * @example
   * new cloudwatch.Alarm(this, 'KeyRotationFailed', {
   *   metric: integration.metricKeyRotationFailed(),
   *   threshold: 1,
   *   evaluationPeriods: 1,
   *   treatMissingData: cloudwatch.TreatMissingData.IGNORE,
   * });
   */
  public metricKeyRotationFailed(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    throwProblems(this, this.managedAccessKey ? [] : [createProblem('ROTATION_WITHOUT_MANAGED_KEY')]);
    return this.managedAccessKey!.createFailureMetric(props).attachTo(this);
  }

  private findInstance(): IAccessGrantsInstance | undefined {
    return this.instance ?? findDefinedInstance(this);
  }
}
