import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IConstruct } from 'constructs';
import { AccessGrantsInstance } from './access-grants-instance';
import { HealthCheck, HealthCheckOptions } from './health-check';
import { DataSourcesOptions, ImmutaS3DataSources } from './immuta-s3-data-sources';
import { ImmutaS3IntegrationProps } from './immuta-s3-integration-props';
import { IAccessGrantsInstance, IImmutaS3Integration, IImmutaTenant } from './interfaces';
import { DEFAULT_ID, DefinedInstance } from './private/access-grants-instance-base';
import { attachDiagnosis } from './private/attach-policy';
import { ManagedAccessKeyResources } from './private/authentication';
import { createLocationRole } from './private/create-location-role';
import { dependOnDefinedInstance, findDefinedInstance, resolveIdentityCenter } from './private/default-instance';
import { allowDescribeStack } from './private/described-stacks';
import { findOrCreateGeneration, Generation } from './private/generation';
import { createIntegrationResource } from './private/integration-resource';
import { validateIntegration } from './private/integration-validation';
import { addMonitoredIntegration, MonitoredIntegration } from './private/monitored-integrations';
import { buildImmutaStatements } from './private/policies/immuta-principal';
import { buildLocationRoleTrust, LocationRoleTrustOptions } from './private/policies/location-role';
import {
  BucketOwnerOptions, buildBucketOwnerStatements, buildKeyOwnerStatements, KeyOwnerOptions,
} from './private/policies/other-account';
import { applyRemovalPolicy, applyToAdditions, retains } from './private/removal-policy';
import { formatInstanceArn } from './private/stacks';
import { digestIdentity } from './private/tokens';
import { registerManagedUser } from './private/validation/duplicates';
import { createProblem, throwProblems } from './private/validation/problems';
import { LocationAccess } from './s3-location';

/** What the owners of the buckets and keys in other accounts must allow. */
interface OtherOwners extends BucketOwnerOptions, KeyOwnerOptions {
  readonly isEncrypted: boolean;
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

  /** Statements that the location role needs. Add them to a `locationRole` that accepts no policies. */
  public readonly locationRolePolicyStatements: iam.PolicyStatement[];

  /** Statements that Immuta's role or user needs. Add them to a role that accepts no policies. */
  public readonly immutaPolicyStatements: iam.PolicyStatement[];

  private readonly tenant: IImmutaTenant;
  private readonly instance?: IAccessGrantsInstance;
  private readonly managedAccessKey?: ManagedAccessKeyResources;
  private readonly monitored: MonitoredIntegration;
  private readonly owners: OtherOwners;
  private readonly locationRoleTrust: LocationRoleTrustOptions;
  /** Scope of all resources. Its ID changes with the location, so that another location has new resources. */
  private readonly parts: Construct;
  /**
   * Resources that are never retained: IAM cannot delete the handler's role while it has policies, and nothing else
   * needs the `Generation`.
   */
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
    this.locationRoleTrust = trust;
    const locationRoleArn = locationRole.roleArn;

    const identityCenter = resolveIdentityCenter(this, props.identityCenter, () => this.findInstance());
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
    this.owners = { ...governed, locationRoleArn, immutaPrincipalArn, isEncrypted: encryptionKeys.length > 0 };

    const diagnosis = props.diagnosePermissions ? [attachDiagnosis(this.parts, tenant, immutaPrincipalArn)] : [];
    allowDescribeStack(this, tenant);
    const generation = adopt === undefined ? this.findOrCreateGeneration(authentication.ownPolicy) : undefined;
    const { resource, expected } = createIntegrationResource(props, {
      ...governed, scope: this.parts, integration: this, locationRole, authentication, generation: generation?.id,
    });
    // The instance of an adopted integration exists, so that a second one could not be created.
    const defineInstance = (stack: Stack) => { new AccessGrantsInstance(stack, DEFAULT_ID); };
    const instance = this.instance ?? dependOnDefinedInstance(this, adopt === undefined ? defineInstance : undefined);
    resource.node.addDependency(tenant, instance, ...dependencies, ...authentication.dependencies, ...diagnosis);
    this.node.defaultChild = resource.node.defaultChild;
    this.integrationId = expected.IntegrationId;
    this.integrationName = expected.IntegrationName;
    const managedKeySecretArn = this.accessKeySecret?.secretArn;
    this.monitored = { construct: this, tenant, resource, expected, managedKeySecretArn };
    addMonitoredIntegration(this.monitored);

    const rotation = this.managedAccessKey?.createRotationSchedule(resource) ?? [];
    this.alwaysDeleted = [
      ...authentication.handlerPolicies, ...diagnosis, ...rotation, ...generation?.resources ?? [],
    ];
    const { removalPolicy = adopt === undefined ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN } = props;
    this.applyRemovalPolicy(removalPolicy);
    applyToAdditions(this.parts, () => retains(this.removalPolicy));
  }

  /** Statements that the trust policy of the location role needs. Add them to that of an imported `locationRole`. */
  public get locationRoleTrustStatements(): iam.PolicyStatement[] {
    return buildLocationRoleTrust(this.locationRoleTrust);
  }

  /** Statements that the owners in other accounts add to the policies of the buckets. */
  public get bucketPolicyStatements(): iam.PolicyStatement[] {
    return buildBucketOwnerStatements(this.owners);
  }

  /** Statements that the owners in other accounts add to the policies of the encryption keys. */
  public get keyPolicyStatements(): iam.PolicyStatement[] {
    return this.owners.isEncrypted ? buildKeyOwnerStatements(this.owners) : [];
  }

  /**
   * Sets what happens to the integration when it leaves the template, as the property `removalPolicy` does.
   *
   * @param policy `DESTROY` or `RETAIN`. An adopted integration accepts only `RETAIN`
   */
  public applyRemovalPolicy(policy: RemovalPolicy): void {
    this.removalPolicy = policy;
    applyRemovalPolicy(this.parts, retains(policy) ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    this.alwaysDeleted.forEach((construct) => applyRemovalPolicy(construct, RemovalPolicy.DESTROY));
    DefinedInstance._retainWith(this, retains(policy), this.instance);
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

  /**
   * Checks the integration on a schedule, without changing anything: its status and validation tests in Immuta, its
   * location in S3 Access Grants, whether both are as they were deployed, and with `diagnosePermissions` what AWS
   * denies Immuta.
   *
   * Use `addHealthCheck` of the tenant to check many integrations.
   *
   * @param options options for the check
   * @example
   * integration.addHealthCheck({
   *   alarmTopic: new sns.Topic(this, 'Alarms'),
   * });
   */
  public addHealthCheck(options: HealthCheckOptions = {}): HealthCheck {
    return HealthCheck._ofIntegration(this, this.monitored, options);
  }

  private findOrCreateGeneration(ownPolicy: iam.ManagedPolicy | undefined): Generation {
    const ids = ['LocationRole', 'ImmutaRole', 'LocationPolicy', 'ImmutaPolicy'];
    return findOrCreateGeneration(this.parts, [...ids.map((id) => this.parts.node.tryFindChild(id)), ownPolicy]);
  }

  private findInstance(): IAccessGrantsInstance | undefined {
    return this.instance ?? findDefinedInstance(this);
  }
}
