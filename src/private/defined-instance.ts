import { Annotations, CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Construct, Dependable, IConstruct } from 'constructs';
import { AccessGrantsInstanceBase } from './access-grants-instance-base';
import { compareEnvironments, outermostStack } from './environment';
import { instanceArnOf } from './instance-arn';
import { applyRemovalPolicy } from './removal';

/** Of the instance that a stack gets because its integrations name none. */
export const DEFAULT_ID = 'DefaultS3AccessGrantsInstance';

/**
 * An instance that a stack of the app defines, of which AWS has one for each account and Region: with CloudFormation's own type, or with
 * one that adopts. A stack's integrations find it, and it takes the place of the stack's default one.
 *
 * @internal
 */
export abstract class DefinedInstance extends AccessGrantsInstanceBase {
  public readonly accessGrantsInstanceArn: string;
  public readonly accessGrantsInstanceId: string = 'default';

  /**
   * Whether the user defined it.
   *
   * @internal
   */
  public readonly _explicit: boolean;

  /**
   * The Identity Center instance that it is to be associated with.
   *
   * @internal
   */
  public abstract readonly _identityCenterInstanceArn?: string;

  private resource?: CfnResource;
  private readonly removalPolicyGiven: boolean;
  private retained: boolean;

  constructor(scope: Construct, id: string, removalPolicy?: RemovalPolicy) {
    super(scope, id);
    this.removalPolicyGiven = removalPolicy !== undefined;
    this.retained = takeDefault(this)?.retained ?? false;
    this._explicit = outermostStack(this).node.tryFindChild(DEFAULT_ID) !== this;
    this.accessGrantsInstanceArn = instanceArnOf(Stack.of(this));
    this.warnOfUnknownTwins();
    this.node.addValidation({ validate: () => this.twinProblems() });
  }

  /**
   * Tells what the instance is in the template.
   *
   * @param removalPolicy what happens to it when it leaves the template, unless it is retained with an integration
   * @internal
   */
  public _define(resource: CfnResource, removalPolicy: RemovalPolicy): void {
    this.resource = resource;
    // not all that is below it: that may be integrations, which would depend on each other
    Dependable.implement(this, { dependencyRoots: [resource] });
    applyRemovalPolicy(resource, this.retained && !this.removalPolicyGiven ? RemovalPolicy.RETAIN : removalPolicy);
  }

  /**
   * What integrations depend on.
   *
   * @internal
   */
  public get _resource(): CfnResource {
    return this.resource!;
  }

  /**
   * Keeps the instance with an integration that is kept, unless the user decided otherwise.
   *
   * @internal
   */
  public _retain(): void {
    this.retained = true;
    if (!this.removalPolicyGiven) {
      applyRemovalPolicy(this._resource, RemovalPolicy.RETAIN);
    }
  }

  private warnOfUnknownTwins(): void {
    const twin = this.others().find((other) => compareEnvironments(other, this) === 'unknown');
    if (twin) {
      Annotations.of(this).addWarningV2('cdk-immuta-s3-integration:two-access-grants-instances',
        `stack '${outermostStack(this).node.path}' and stack '${outermostStack(twin).node.path}' both define the S3 Access Grants instance, of which AWS has one for each account `
        + `and Region: this fails if both are deployed to the same one; ${HOW_TO_IMPORT}`);
    }
  }

  private twinProblems(): string[] {
    const twin = this.others().find((other) => compareEnvironments(other, this) === 'same');
    // of two, the second reports
    if (!twin || comesBefore(this, twin)) {
      return [];
    }
    const remedy = outermostStack(this) === outermostStack(twin) && this.constructor !== twin.constructor ? HOW_TO_ADOPT : HOW_TO_IMPORT;
    return [`stack '${outermostStack(this).node.path}' and stack '${outermostStack(twin).node.path}' both define the S3 Access Grants instance, of which AWS has one for each `
      + `account and Region ('${twin.node.path}' and '${this.node.path}'): ${remedy}`];
  }

  private others(): DefinedInstance[] {
    return instancesBelow(this.node.root).filter((other) => other !== this);
  }
}

const HOW_TO_IMPORT = 'define it in one of them with \'new AccessGrantsInstance\' or \'new AdoptingAccessGrantsInstance\', and pass that construct, or \'AccessGrantsInstance.fromDefault(this, …)\', '
  + 'as \'accessGrantsInstance\' to the integrations of the other';

const HOW_TO_ADOPT = 'keep the \'AdoptingAccessGrantsInstance\' and remove the \'AccessGrantsInstance\'; if that one is deployed, deploy it once more with '
  + '\'removalPolicy: RemovalPolicy.RETAIN\' before you remove it';

/** The instances that the stack defines: one, unless the user made a mistake. */
export function definedIn(stack: Stack): DefinedInstance[] {
  return instancesBelow(stack).filter((instance) => outermostStack(instance) === stack);
}

function instancesBelow(construct: IConstruct): DefinedInstance[] {
  return construct.node.findAll().filter((child): child is DefinedInstance => child instanceof DefinedInstance);
}

function comesBefore(instance: DefinedInstance, other: DefinedInstance): boolean {
  const all = instancesBelow(instance.node.root);
  return all.indexOf(instance) < all.indexOf(other);
}

/** Removes the stack's default instance in favour of an explicit one. */
function takeDefault(explicit: DefinedInstance): DefinedInstance | undefined {
  const stack = outermostStack(explicit);
  const implicit = stack.node.tryFindChild(DEFAULT_ID);
  if (implicit === explicit || !(implicit instanceof DefinedInstance)) {
    return undefined;
  }
  stack.node.tryRemoveChild(DEFAULT_ID);
  return implicit;
}
