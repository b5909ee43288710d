import {
  CfnResource, Duration, ITaggableV2, Lazy, RemovalPolicy, Stack, TagManager, TagType,
} from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, IConstruct } from 'constructs';
import {
  INSTANCE_RESOURCE_TYPE, INSTANCE_TAG_PREFIX, InstanceAttributes, InstanceProperties,
} from './handler/contract';
import { HandlerFunctionOptions } from './handler-function-options';
import { DefinedInstance } from './private/access-grants-instance-base';
import { attachToHandler } from './private/attach-policy';
import { createCustomResource, renderRemovalPolicy } from './private/custom-resource';
import { findOrCreateGeneration } from './private/generation';
import { createHandlerFunction, findConnections } from './private/handler-function';
import {
  buildInstanceHandlerStatements,
  buildInstanceIdentityCenterStatements,
} from './private/policies/instance-handler-role';
import { findNotedStatements } from './private/role-statements';
import { formatInstanceArn } from './private/stacks';
import { digestIdentity } from './private/tokens';
import { validateDuration, validateTimeout } from './private/validation/durations';
import { validateEncryptionKey } from './private/validation/encryption-keys';
import { validateIdentityCenterArn } from './private/validation/identity-center';
import { addValidation, createProblem, throwProblems } from './private/validation/problems';
import { validateRemovalPolicy } from './private/validation/removal';

/** Properties for an S3 Access Grants instance that is adopted or created. */
export interface AdoptingAccessGrantsInstanceProps extends HandlerFunctionOptions {
  /**
   * ARN of the IAM Identity Center instance whose users and groups can be grantees. It must be in the same Region.
   *
   * The deployment associates the two instances, unless they are associated already. If another owner associated the S3
   * Access Grants instance with another Identity Center instance, the deployment fails.
   *
   * If the property is removed, the update removes an association that this resource created. It keeps the association
   * of another owner. All grants to users and groups of the Identity Center instance depend on the association.
   *
   * @default - this resource does not change the association
   */
  readonly identityCenterInstanceArn?: string;

  /**
   * The customer managed KMS key that encrypts the Identity Center instance.
   *
   * The function gets `kms:Decrypt` through Identity Center. The owner of the key must also allow the function's role
   * in the key policy. It needs `identityCenterInstanceArn`.
   *
   * @default - Identity Center uses a key that AWS owns, which needs no permission
   * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/identity-center-customer-managed-keys.html
   */
  readonly identityCenterEncryptionKey?: kms.IKey;

  /**
   * What happens when the resource leaves the template.
   *
   * `DESTROY` removes the association and deletes the instance, each if this resource created it. It keeps an instance
   * that still has other locations or grants. `RETAIN` keeps both.
   *
   * @default - `RemovalPolicy.DESTROY`. If an integration that uses the instance is retained, `RemovalPolicy.RETAIN`
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long a deployment waits for AWS, from 1 to 50 minutes.
   *
   * @default Duration.minutes(30)
   */
  readonly timeout?: Duration;
}

/** Prefix of the logical IDs. A stack has one such instance, so moving or renaming the construct replaces nothing. */
const LOGICAL_ID = 'AdoptingS3AccessGrantsInstance';

/**
 * Adopts the S3 Access Grants instance of the stack's account and Region, or creates it if it does not exist.
 *
 * Unlike `AccessGrantsInstance`, it adopts an instance that was created outside the stack, follows changes of the
 * Identity Center instance, and removes the association when it is deleted. It changes and deletes only what it
 * created, which tags on the instance record. It is a custom resource with a function of its own.
 *
 * Integrations of the stack without an `accessGrantsInstance` use it.
 *
 * A deployment fails if the instance is associated with another Identity Center instance, if the Identity Center
 * instance does not exist in the Region, or if AWS denies the function an action.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance.html
 */
export class AdoptingAccessGrantsInstance extends DefinedInstance implements ec2.IConnectable, ITaggableV2 {
  /**
   * ARN of the application that S3 Access Grants has in Identity Center. Empty if the instance is not associated.
   *
   * @attribute
   */
  public readonly identityCenterApplicationArn: string;

  /**
   * ARN of the Identity Center instance that the instance is associated with. Empty if it is not associated.
   *
   * @attribute
   */
  public readonly identityCenterInstanceArn: string;

  /**
   * Whether the instance was created outside this stack: `true` or `false`.
   *
   * @attribute
   */
  public readonly accessGrantsInstanceAdopted: string;

  /**
   * Tags of the instance, which `Tags.of(…)` sets. An instance that another owner created gets none.
   *
   * They are set when the instance is created, and change in place. Tags of other owners are kept.
   */
  public readonly cdkTagManager = new TagManager(TagType.KEY_VALUE, INSTANCE_RESOURCE_TYPE);

  /** The function that manages the instance. */
  public readonly handler: lambda.Function;

  /** Statements that the role of the function needs. Add them to a role that accepts no policies. */
  public readonly handlerPolicyStatements: iam.PolicyStatement[];

  /** @internal */
  public readonly _identityCenterInstanceArn?: string;

  constructor(scope: Construct, id: string, props: AdoptingAccessGrantsInstanceProps = {}) {
    super(scope, id, props.removalPolicy);
    this._identityCenterInstanceArn = props.identityCenterInstanceArn;
    const timeout = props.timeout ?? Duration.minutes(30);
    this.validate(props, timeout);

    const { handler, role, dependencies } = createHandlerFunction(this, {
      description: 'Adopts, creates and deletes the S3 Access Grants instance',
      bundle: 'access-grants-instance.lambda',
      statements: buildInstanceHandlerStatements({
        accessGrantsInstanceArn: formatInstanceArn(Stack.of(this)),
        stackId: Stack.of(this).stackId,
        tagKeys: Lazy.list({ produce: () => this.listTagKeys() }),
      }),
      options: props,
    });
    this.handler = handler;
    const resource = createCustomResource(this, {
      resourceType: INSTANCE_RESOURCE_TYPE,
      handlerArn: handler.functionArn,
      timeout,
      properties: this.renderProperties(role, timeout),
    });
    resource.node.addDependency(...dependencies);
    if (props.identityCenterInstanceArn !== undefined) {
      resource.node.addDependency(
        this.createIdentityCenterPolicy(role, props.identityCenterInstanceArn, props.identityCenterEncryptionKey),
      );
    }
    this.handlerPolicyStatements = findNotedStatements(role);
    this.fixLogicalIds();
    this._define(resource.node.defaultChild as CfnResource, props.removalPolicy ?? RemovalPolicy.DESTROY);

    const attribute = (name: keyof InstanceAttributes) => resource.getAttString(name);
    this.identityCenterApplicationArn = attribute('IdentityCenterApplicationArn');
    this.identityCenterInstanceArn = attribute('IdentityCenterInstanceArn');
    this.accessGrantsInstanceAdopted = attribute('Adopted');
  }

  /** Network connections of the function. Throws an error if the function is not in a VPC. */
  public get connections(): ec2.Connections {
    return findConnections(this, this.handler);
  }

  /** @internal */
  public get _applicationArn(): string {
    return this.identityCenterApplicationArn;
  }

  private validate(props: AdoptingAccessGrantsInstanceProps, timeout: Duration): void {
    throwProblems(this, validateDuration('timeout', props.timeout));
    addValidation(this, () => [
      ...validateTimeout(timeout),
      ...validateIdentityCenterArn('identityCenterInstanceArn', props.identityCenterInstanceArn),
      ...props.identityCenterEncryptionKey && props.identityCenterInstanceArn === undefined
        ? [createProblem('IDENTITY_CENTER_KEY_WITHOUT_INSTANCE')] : [],
      ...validateEncryptionKey('identityCenterEncryptionKey', props.identityCenterEncryptionKey),
      ...validateRemovalPolicy(props.removalPolicy),
    ]);
  }

  private renderProperties(role: iam.IRole, timeout: Duration): InstanceProperties {
    const { account, region } = Stack.of(this);
    return {
      AccountId: account,
      Region: region,
      IdentityCenterInstanceArn: this._identityCenterInstanceArn,
      Tags: Lazy.string({ produce: () => this.renderTags() }),
      TimeoutSeconds: `${timeout.toSeconds()}`,
      RemovalPolicy: renderRemovalPolicy(() => this._resource),
      // a role of the user can outlive the resource
      Generation: findOrCreateGeneration(this, [role.node.scope === this ? role : undefined]).id,
    };
  }

  /** Renders the tags as JSON, because CloudFormation delivers scalars unchanged. They are known after the Aspects. */
  private renderTags(): string | undefined {
    return this.cdkTagManager.hasTags() ? Stack.of(this).toJsonString(this.cdkTagManager.tagValues()) : undefined;
  }

  /** Lists the keys of the tags that the function sets: its own and those of the user. */
  private listTagKeys(): string[] {
    return [`${INSTANCE_TAG_PREFIX}:*`, ...Object.keys(this.cdkTagManager.tagValues())];
  }

  /**
   * Each Identity Center instance has a policy of its own. On a change, CloudFormation creates the new policy before it
   * updates the custom resource, and deletes the old one after that. Until then, the handler can remove the old
   * association.
   */
  private createIdentityCenterPolicy(
    role: iam.IRole,
    identityCenterInstanceArn: string,
    encryptionKey?: kms.IKey,
  ): iam.Policy {
    const stack = Stack.of(this);
    const { account, partition, region } = stack;
    const statements = buildInstanceIdentityCenterStatements({
      partition,
      account,
      region,
      accessGrantsInstanceArn: this.accessGrantsInstanceArn,
      identityCenterInstanceArn,
      encryptionKeyArn: encryptionKey?.keyArn,
    });
    const id = `IdentityCenterPolicy${digestIdentity(JSON.stringify(stack.resolve(identityCenterInstanceArn)))}`;
    return attachToHandler(this, id, role, statements);
  }

  private fixLogicalIds(): void {
    const isResource = (child: IConstruct): child is CfnResource => CfnResource.isCfnResource(child);
    for (const resource of this.node.findAll().filter(isResource)) {
      const ids = resource.node.scopes.slice(this.node.scopes.length).map(({ node }) => node.id);
      resource.overrideLogicalId(LOGICAL_ID + ids.filter((id) => !['Resource', 'Default'].includes(id)).join(''));
    }
  }
}
