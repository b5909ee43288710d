import { Annotations, Arn, ArnFormat, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct, Dependable, IConstruct, IDependable } from 'constructs';
import { compareEnvironments, outermostStack } from './private/environment';
import { instanceArnOf } from './private/instance-arn';
import { DATA_ACCESS_ACTIONS } from './private/policies/data-access';
import { applyRemovalPolicy } from './private/removal';

/** The S3 Access Grants instance of an account and Region, of which there is one. */
export interface IAccessGrantsInstance extends IConstruct {
  /**
   * ARN of the instance, such as `arn:aws:s3:us-east-1:111122223333:access-grants/default`.
   *
   * @attribute
   */
  readonly accessGrantsInstanceArn: string;

  /**
   * ID of the instance, which is `default`.
   *
   * @attribute
   */
  readonly accessGrantsInstanceId: string;

  /**
   * Lets a principal ask S3 Access Grants for credentials, which is what reading governed data takes.
   *
   * Which data the credentials open is decided by the grants that Immuta makes.
   *
   * @param grantee who reads or writes data
   */
  grantDataAccess(grantee: iam.IGrantable): iam.Grant;
}

abstract class AccessGrantsInstanceBase extends Construct implements IAccessGrantsInstance {
  public abstract readonly accessGrantsInstanceArn: string;
  public abstract readonly accessGrantsInstanceId: string;

  public grantDataAccess(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: DATA_ACCESS_ACTIONS, resourceArns: [this.accessGrantsInstanceArn] });
  }
}

/** Properties of an S3 Access Grants instance. */
export interface AccessGrantsInstanceProps {
  /**
   * ARN of the IAM Identity Center instance whose users and groups can be grantees; it must be in the same Region.
   *
   * @default - grantees are IAM principals only
   */
  readonly identityCenterInstanceArn?: string;

  /**
   * What happens to the instance when it leaves the template.
   *
   * AWS refuses to delete an instance in which anybody still has a location or a grant, or that is associated with Identity Center.
   *
   * @default - `RemovalPolicy.DESTROY`; `RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE` with Identity Center or when an integration in it
   * is retained
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** The instance has this logical id whether it is explicit or not, so that making it explicit changes nothing in the template. */
const LOGICAL_ID = 'S3AccessGrantsInstance';
const DEFAULT_ID = 'DefaultS3AccessGrantsInstance';

/**
 * Defines the S3 Access Grants instance of the stack's account and Region.
 *
 * AWS has one for each account and Region: import it with `fromDefault` where it exists already. Integrations that name none share
 * one that the first of them defines; an explicit one takes its place.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance.html
 */
export class AccessGrantsInstance extends AccessGrantsInstanceBase {
  /**
   * Imports an instance by its ARN.
   *
   * @param scope the construct that the import belongs to
   * @param id the id of the import
   * @param accessGrantsInstanceArn ARN of the instance
   */
  public static fromAccessGrantsInstanceArn(scope: Construct, id: string, accessGrantsInstanceArn: string): IAccessGrantsInstance {
    if (!Token.isUnresolved(accessGrantsInstanceArn) && !/^arn:[^:]+:s3:[^:]+:[^:]+:access-grants\/[^/]+$/.test(accessGrantsInstanceArn)) {
      throw new Error('\'accessGrantsInstanceArn\' must look like arn:aws:s3:us-east-1:111122223333:access-grants/default, '
        + `got ${JSON.stringify(accessGrantsInstanceArn)}: 'aws s3control list-access-grants-instances' prints it`);
    }
    class Import extends AccessGrantsInstanceBase {
      public readonly accessGrantsInstanceArn = accessGrantsInstanceArn;
      public readonly accessGrantsInstanceId = Arn.split(accessGrantsInstanceArn, ArnFormat.SLASH_RESOURCE_NAME).resourceName!;
    }
    return new Import(scope, id);
  }

  /**
   * Imports the instance that the stack's account has in the stack's Region.
   *
   * @param scope the construct that the import belongs to
   * @param id the id of the import
   */
  public static fromDefault(scope: Construct, id: string): IAccessGrantsInstance {
    return AccessGrantsInstance.fromAccessGrantsInstanceArn(scope, id, instanceArnOf(Stack.of(scope)));
  }

  /**
   * What the integrations depend on that name no instance: the one that the stack defines when the app is synthesized.
   *
   * @param define whether the stack gets one if it has none
   * @internal
   */
  public static _default(scope: Construct, define: boolean): IDependable {
    const stack = outermostStack(scope);
    if (define && definedIn(stack).length === 0) {
      new AccessGrantsInstance(stack, DEFAULT_ID);
    }
    const dependable = {};
    Dependable.implement(dependable, {
      get dependencyRoots() { return definedIn(stack).map(({ resource }) => resource); },
    });
    return dependable;
  }

  /**
   * The instance that the construct's stack defines, if it does.
   *
   * @internal
   */
  public static _find(scope: Construct): AccessGrantsInstance | undefined {
    return definedIn(outermostStack(scope))[0];
  }

  public readonly accessGrantsInstanceArn: string;
  public readonly accessGrantsInstanceId = 'default';

  /**
   * Whether the user defined it.
   *
   * @internal
   */
  public readonly _explicit: boolean;

  private readonly resource: s3.CfnAccessGrantsInstance;
  private readonly removalPolicyGiven: boolean;
  private retained = false;

  constructor(scope: Construct, id: string, props: AccessGrantsInstanceProps = {}) {
    super(scope, id);
    const implicit = takeDefault(this);
    this._explicit = outermostStack(this).node.tryFindChild(DEFAULT_ID) !== this;
    this.accessGrantsInstanceArn = instanceArnOf(Stack.of(this));

    this.resource = new s3.CfnAccessGrantsInstance(this, 'Resource', { identityCenterArn: props.identityCenterInstanceArn });
    this.resource.overrideLogicalId(LOGICAL_ID);
    // not all that is below it: that may be integrations, which would depend on each other
    Dependable.implement(this, { dependencyRoots: [this.resource] });
    // the construct's path is all that would tell an explicit instance's template from a default one's
    delete this.resource.cfnOptions.metadata?.['aws:cdk:path'];
    // tags are create-only: a changed tag of the app would replace the one instance that the account has
    this.resource.addPropertyDeletionOverride('Tags');

    this.removalPolicyGiven = props.removalPolicy !== undefined;
    applyRemovalPolicy(this, props.removalPolicy ?? (props.identityCenterInstanceArn ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY));
    if (implicit?.retained) {
      this._retain();
    }

    this.warnOfUnknownTwins();
    this.node.addValidation({ validate: () => this.twinProblems() });
  }

  /**
   * Keeps the instance with an integration that is kept, unless the user decided otherwise.
   *
   * @internal
   */
  public _retain(): void {
    this.retained = true;
    if (!this.removalPolicyGiven) {
      applyRemovalPolicy(this, RemovalPolicy.RETAIN);
    }
  }

  /**
   * The Identity Center instance that it is associated with.
   *
   * @internal
   */
  public get _identityCenterInstanceArn(): string | undefined {
    return this.resource.identityCenterArn;
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
    return [`stack '${outermostStack(this).node.path}' and stack '${outermostStack(twin).node.path}' both define the S3 Access Grants instance, of which AWS has one for each `
      + `account and Region ('${twin.node.path}' and '${this.node.path}'): ${HOW_TO_IMPORT}`];
  }

  private others(): AccessGrantsInstance[] {
    return instancesBelow(this.node.root).filter((other) => other !== this);
  }
}

const HOW_TO_IMPORT = 'define it in one of them with \'new AccessGrantsInstance\', and pass that construct, or \'AccessGrantsInstance.fromDefault(this, …)\', '
  + 'as \'accessGrantsInstance\' to the integrations of the other';

function instancesBelow(construct: Construct | Stack): AccessGrantsInstance[] {
  return construct.node.findAll().filter((child): child is AccessGrantsInstance => child instanceof AccessGrantsInstance);
}

function definedIn(stack: Stack): AccessGrantsInstance[] {
  return instancesBelow(stack).filter((instance) => outermostStack(instance) === stack);
}

function comesBefore(instance: AccessGrantsInstance, other: AccessGrantsInstance): boolean {
  const all = instancesBelow(instance.node.root as Construct);
  return all.indexOf(instance) < all.indexOf(other);
}

/** Removes the stack's default instance in favour of an explicit one. */
function takeDefault(explicit: AccessGrantsInstance): AccessGrantsInstance | undefined {
  const stack = outermostStack(explicit);
  const implicit = stack.node.tryFindChild(DEFAULT_ID);
  if (implicit === explicit || !(implicit instanceof AccessGrantsInstance)) {
    return undefined;
  }
  stack.node.tryRemoveChild(DEFAULT_ID);
  return implicit;
}
