import { CfnResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { INSTANCE_RESOURCE_TYPE, InstanceAttributes, InstanceProperties } from './handler/contract';
import { DefinedInstance } from './private/access-grants-instance-base';
import { acknowledgeWildcards } from './private/cdk-nag/acknowledge-wildcards';
import { createCustomResource, renderRemovalPolicy } from './private/custom-resource';
import { createHandlerFunction } from './private/handler-function';
import { instanceHandlerStatements, instanceIdentityCenterStatements } from './private/policies/instance-handler-role';
import { formatInstanceArn } from './private/stacks';
import { digestIdentity } from './private/tokens';
import { validateDuration, validateTimeout } from './private/validation/durations';
import { validateIdentityCenterArn } from './private/validation/identity-center';
import { validateRemovalPolicy } from './private/validation/removal';

/** Properties of an S3 Access Grants instance that is taken up where there is one. */
export interface AdoptingAccessGrantsInstanceProps {
  /**
   * ARN of the IAM Identity Center instance whose users and groups can be grantees; it must be in the same Region.
   *
   * The instance is associated with it, unless it is already. An association with another one that this resource did not make is an error,
   * which names both.
   *
   * Without it, one that others made is left as it is; one that this resource made ends when the property is removed. Grants to
   * users and groups of that Identity Center instance need it, whoever made them.
   *
   * @default - the instance is not associated by this resource
   */
  readonly identityCenterInstanceArn?: string;

  /**
   * What happens when it leaves the template.
   *
   * `DESTROY` ends the association if this resource made it, and deletes the instance if this resource made it and nobody else has a location
   * or grant in it. `RETAIN` keeps both.
   *
   * @default - `RemovalPolicy.DESTROY`; `RemovalPolicy.RETAIN` when an integration in it is retained
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long a deployment waits for AWS, from 1 to 50 minutes.
   *
   * @default Duration.minutes(30)
   */
  readonly timeout?: Duration;

  /**
   * Where the function writes its log.
   *
   * @default - a log group of its own that keeps three months
   */
  readonly logGroup?: logs.ILogGroup;
}

/** What the logical ids begin with: the instance is one of its kind in a stack, and a construct that is moved or renamed stays what it is. */
const LOGICAL_ID = 'AdoptingS3AccessGrantsInstance';

/**
 * The S3 Access Grants instance of the stack's account and Region, whoever made it: it is taken up if it exists, and else made.
 *
 * It does what CloudFormation's own type, which `AccessGrantsInstance` uses, cannot: it adopts an instance that somebody else made, follows a
 * change of Identity Center, and ends the association when it is removed. It never changes or deletes what it did not make, which tags on the
 * instance tell. It is a custom resource with a function of its own.
 *
 * Integrations of the stack that name no instance use it.
 *
 * Errors of a deployment: the instance is associated with another Identity Center instance; the Identity Center instance does not exist in the
 * Region; AWS denies the function something.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance.html
 */
export class AdoptingAccessGrantsInstance extends DefinedInstance {
  /**
   * ARN of the application that S3 Access Grants has in Identity Center; empty if the instance is not associated.
   *
   * @attribute
   */
  public readonly identityCenterApplicationArn: string;

  /**
   * ARN of the Identity Center instance that the instance is associated with; empty if it is not.
   *
   * @attribute
   */
  public readonly identityCenterInstanceArn: string;

  /**
   * Whether somebody else made the instance: `true` or `false`.
   *
   * @attribute
   */
  public readonly accessGrantsInstanceAdopted: string;

  /** @internal */
  public readonly _identityCenterInstanceArn?: string;

  constructor(scope: Construct, id: string, props: AdoptingAccessGrantsInstanceProps = {}) {
    super(scope, id, props.removalPolicy);
    this._identityCenterInstanceArn = props.identityCenterInstanceArn;
    const timeout = props.timeout ?? Duration.minutes(30);
    this.validate(props, timeout);

    const { handler, role, dependencies } = createHandlerFunction(this, {
      description: 'Takes up, makes and leaves the S3 Access Grants instance',
      bundle: 'access-grants-instance.lambda',
      statements: instanceHandlerStatements(formatInstanceArn(Stack.of(this))),
      logGroup: props.logGroup,
    });
    const resource = createCustomResource(this, {
      resourceType: INSTANCE_RESOURCE_TYPE, handler, timeout, properties: this.renderProperties(role, timeout),
    });
    resource.node.addDependency(...dependencies);
    if (props.identityCenterInstanceArn !== undefined) {
      resource.node.addDependency(this.createIdentityCenterPolicy(role, props.identityCenterInstanceArn));
    }
    this.fixLogicalIds();
    this._define(resource.node.defaultChild as CfnResource, props.removalPolicy ?? RemovalPolicy.DESTROY);

    const attribute = (name: keyof InstanceAttributes) => resource.getAttString(name);
    this.identityCenterApplicationArn = attribute('IdentityCenterApplicationArn');
    this.identityCenterInstanceArn = attribute('IdentityCenterInstanceArn');
    this.accessGrantsInstanceAdopted = attribute('Adopted');
  }

  /** @internal */
  public get _applicationArn(): string {
    return this.identityCenterApplicationArn;
  }

  private validate(props: AdoptingAccessGrantsInstanceProps, timeout: Duration): void {
    const durations = validateDuration('timeout', props.timeout);
    if (durations.length > 0) {
      throw new Error(`[${this.node.path}] ${durations.join('\n')}`);
    }
    this.node.addValidation({
      validate: () => [
        ...validateTimeout(timeout),
        ...validateIdentityCenterArn('identityCenterInstanceArn', props.identityCenterInstanceArn),
        ...validateRemovalPolicy('an instance', props.removalPolicy),
      ],
    });
  }

  private renderProperties(role: iam.Role, timeout: Duration): InstanceProperties {
    const { account, region } = Stack.of(this);
    return {
      AccountId: account,
      Region: region,
      IdentityCenterInstanceArn: this._identityCenterInstanceArn,
      TimeoutSeconds: `${timeout.toSeconds()}`,
      RemovalPolicy: renderRemovalPolicy(() => this._resource),
      // A role that `Role.customizeRoles` leaves out of the template has no ID.
      Generation: role.node.defaultChild instanceof iam.CfnRole ? role.roleId : undefined,
    };
  }

  /**
   * A policy for each Identity Center instance: on a change CloudFormation makes the new one before it updates the custom resource, and removes
   * the old one afterwards, so that the update can end the old association; and in a rollback both are there.
   */
  private createIdentityCenterPolicy(role: iam.Role, identityCenterInstanceArn: string): iam.Policy {
    const stack = Stack.of(this);
    const statements = instanceIdentityCenterStatements({
      partition: stack.partition, accessGrantsInstanceArn: this.accessGrantsInstanceArn, identityCenterInstanceArn,
    });
    const id = `IdentityCenterPolicy${digestIdentity(JSON.stringify(stack.resolve(identityCenterInstanceArn)))}`;
    const policy = new iam.Policy(this, id, { roles: [role], statements });
    acknowledgeWildcards(policy, statements);
    return policy;
  }

  private fixLogicalIds(): void {
    for (const resource of this.node.findAll().filter((child): child is CfnResource => CfnResource.isCfnResource(child))) {
      const ids = resource.node.scopes.slice(this.node.scopes.length).map(({ node }) => node.id);
      resource.overrideLogicalId(LOGICAL_ID + ids.filter((each) => !['Resource', 'Default'].includes(each)).join(''));
    }
  }
}
