import { Annotations, CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, Dependable } from 'constructs';
import { DATA_ACCESS_ACTIONS } from './policies/data-access';
import { Registry } from './registry';
import { applyRemovalPolicy } from './removal-policy';
import { compareEnvironments, findOutermostStack, formatInstanceArn } from './stacks';
import { compareTokens } from './tokens';
import { IAccessGrantsInstance } from '../interfaces';

/** Construct id of the instance that a stack gets if none of its integrations names one. */
export const DEFAULT_ID = 'DefaultS3AccessGrantsInstance';

/**
 * An S3 Access Grants instance that is defined or imported.
 *
 * @internal
 */
export abstract class AccessGrantsInstanceBase extends Construct implements IAccessGrantsInstance {
  public abstract readonly accessGrantsInstanceArn: string;
  public abstract readonly accessGrantsInstanceId: string;

  public grantDataAccess(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: DATA_ACCESS_ACTIONS, resourceArns: [this.accessGrantsInstanceArn] });
  }
}

const INSTANCES = new Registry<DefinedInstance>();

/**
 * An S3 Access Grants instance that a stack of the app defines. It replaces the stack's default one.
 *
 * @internal
 */
export abstract class DefinedInstance extends AccessGrantsInstanceBase {
  /** @internal */
  public static _findIn(stack: Stack): DefinedInstance | undefined {
    return INSTANCES.findAll(stack).find((instance) => findOutermostStack(instance) === stack);
  }

  public readonly accessGrantsInstanceArn: string;
  public readonly accessGrantsInstanceId: string = 'default';

  /**
   * Whether the user defined the instance.
   *
   * @internal
   */
  public readonly _explicit: boolean;

  /**
   * ARN of the Identity Center instance to associate.
   *
   * @internal
   */
  public abstract readonly _identityCenterInstanceArn?: string;

  /**
   * ARN of the application that S3 Access Grants has in Identity Center, if an attribute of the resource holds it.
   *
   * @internal
   */
  public get _applicationArn(): string | undefined {
    return undefined;
  }

  private resource?: CfnResource;
  private readonly removalPolicyGiven: boolean;
  private retained: boolean;

  constructor(scope: Construct, id: string, removalPolicy?: RemovalPolicy) {
    super(scope, id);
    INSTANCES.add(this, this);
    this.removalPolicyGiven = removalPolicy !== undefined;
    this._explicit = findOutermostStack(this).node.tryFindChild(DEFAULT_ID) !== this;
    this.retained = this._explicit && this.removeDefault()?.retained === true;
    this.accessGrantsInstanceArn = formatInstanceArn(Stack.of(this));
    this.warnOfPossibleDuplicate();
    this.node.addValidation({ validate: () => this.validateUniqueness() });
  }

  /**
   * Sets the resource that defines the instance.
   *
   * @param removalPolicy applies unless the instance is retained with an integration
   * @internal
   */
  public _define(resource: CfnResource, removalPolicy: RemovalPolicy): void {
    this.resource = resource;
    // Integrations can be children of this construct. They would depend on each other if a dependency covered all children.
    Dependable.implement(this, { dependencyRoots: [resource] });
    applyRemovalPolicy(resource, this.retained && !this.removalPolicyGiven ? RemovalPolicy.RETAIN : removalPolicy);
  }

  /**
   * The resource that integrations depend on.
   *
   * @internal
   */
  public get _resource(): CfnResource {
    return this.resource!;
  }

  /**
   * Retains the instance together with an integration, unless the user chose a removal policy.
   *
   * @internal
   */
  public _retain(): void {
    this.retained = true;
    if (!this.removalPolicyGiven) {
      applyRemovalPolicy(this._resource, RemovalPolicy.RETAIN);
    }
  }

  /**
   * Checks that the instance is associated with the Identity Center instance of an integration.
   *
   * @internal
   */
  public _validateAssociation(instanceArn: string): string[] {
    const associated = this._identityCenterInstanceArn;
    if (associated !== undefined && compareTokens(associated, instanceArn) !== 'different') {
      return [];
    }
    return [`'identityCenterInstanceArn' of '${this.node.path}' must be 'identityCenter.instanceArn', ${JSON.stringify(instanceArn)}, `
      + `got ${associated === undefined ? 'none' : JSON.stringify(associated)}: `
      + 'S3 Access Grants knows the users and groups of the Identity Center instance that it is associated with, so give both the same'];
  }

  /** Removes the default instance of the stack, which this one replaces. */
  private removeDefault(): DefinedInstance | undefined {
    const stack = findOutermostStack(this);
    const replaced = stack.node.tryFindChild(DEFAULT_ID);
    if (!(replaced instanceof DefinedInstance)) {
      return undefined;
    }
    stack.node.tryRemoveChild(DEFAULT_ID);
    return replaced;
  }

  private warnOfPossibleDuplicate(): void {
    const other = this.findOthers().find((each) => compareEnvironments(each, this) === 'unknown');
    if (other) {
      Annotations.of(this).addWarningV2('cdk-immuta-s3-integration:two-access-grants-instances',
        `stack '${findOutermostStack(this).node.path}' and stack '${findOutermostStack(other).node.path}' both define the S3 Access Grants instance, of which AWS has one for each account `
        + `and Region: this fails if both are deployed to the same one; ${HOW_TO_IMPORT}`);
    }
  }

  private validateUniqueness(): string[] {
    const other = INSTANCES.findEarlier(this).find((each) => compareEnvironments(each, this) === 'same');
    if (!other) {
      return [];
    }
    const [here, there] = [findOutermostStack(this), findOutermostStack(other)];
    const remedy = here === there && this.constructor !== other.constructor ? HOW_TO_ADOPT : HOW_TO_IMPORT;
    return [`stack '${here.node.path}' and stack '${there.node.path}' both define the S3 Access Grants instance, of which AWS has one for each `
      + `account and Region ('${other.node.path}' and '${this.node.path}'): ${remedy}`];
  }

  private findOthers(): DefinedInstance[] {
    return INSTANCES.findAll(this).filter((other) => other !== this);
  }
}

const HOW_TO_IMPORT = 'define it in one of them with \'new AccessGrantsInstance\' or \'new AdoptingAccessGrantsInstance\', and pass that construct, or \'AccessGrantsInstance.fromDefault(this, …)\', '
  + 'as \'accessGrantsInstance\' to the integrations of the other';

const HOW_TO_ADOPT = 'keep the \'AdoptingAccessGrantsInstance\' and remove the \'AccessGrantsInstance\'; if that one is deployed, deploy it once more with '
  + '\'removalPolicy: RemovalPolicy.RETAIN\' before you remove it';
