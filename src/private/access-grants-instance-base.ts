import { CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, Dependable, IConstruct } from 'constructs';
import { DATA_ACCESS_ACTIONS } from './policies/data-access';
import { Registry } from './registry';
import { applyRemovalPolicy } from './removal-policy';
import { compareEnvironments, findOutermostStack, formatInstanceArn } from './stacks';
import { compareTokens } from './tokens';
import { IAccessGrantsInstance } from '../interfaces';
import { addValidation, addWarning, createProblem, Problem } from './validation/problems';

/** Construct ID of the instance that the library defines if no integration of a stack has an `accessGrantsInstance`. */
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
    return iam.Grant.addToPrincipal({
      grantee,
      actions: DATA_ACCESS_ACTIONS,
      resourceArns: [this.accessGrantsInstanceArn],
    });
  }
}

const INSTANCES = new Registry<DefinedInstance>();
/** The integrations of each app that are retained, with the instance that they name. */
const RETAINED = new WeakMap<IConstruct, Map<IConstruct, IAccessGrantsInstance | undefined>>();

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

  /**
   * Retains the instance that an integration uses as long as the integration is retained, unless the user chose a
   * removal policy. The instance may be defined later.
   *
   * @param named the `accessGrantsInstance` of the integration
   * @internal
   */
  public static _retainWith(integration: IConstruct, isRetained: boolean, named?: IAccessGrantsInstance): void {
    const retained = findRetained(integration);
    if (isRetained === retained.has(integration)) {
      return;
    }
    if (isRetained) {
      retained.set(integration, named);
    } else {
      retained.delete(integration);
    }
    INSTANCES.findAll(integration)
      .filter((instance) => instance.isUsedBy(integration, named))
      .forEach((instance) => instance.retainWith(integration, isRetained));
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
  private ownPolicy?: RemovalPolicy;
  /** The integrations that keep the instance. */
  private readonly retainers: Set<IConstruct>;

  constructor(scope: Construct, id: string, removalPolicy?: RemovalPolicy) {
    super(scope, id);
    INSTANCES.add(this, this);
    this.removalPolicyGiven = removalPolicy !== undefined;
    this._explicit = findOutermostStack(this).node.tryFindChild(DEFAULT_ID) !== this;
    if (this._explicit) {
      this.removeDefault();
    }
    this.accessGrantsInstanceArn = formatInstanceArn(Stack.of(this));
    const retained = [...findRetained(this)].filter(([integration, named]) => this.isUsedBy(integration, named));
    this.retainers = new Set(retained.map(([integration]) => integration));
    this.warnOfPossibleDuplicate();
    addValidation(this, () => this.validateUniqueness());
  }

  /**
   * Sets the resource that defines the instance.
   *
   * @param removalPolicy applies unless the instance is retained with an integration
   * @internal
   */
  public _define(resource: CfnResource, removalPolicy: RemovalPolicy): void {
    this.resource = resource;
    this.ownPolicy = removalPolicy;
    // Integrations can be children of this construct. They would depend on each other if a dependency covered all
    // children.
    Dependable.implement(this, { dependencyRoots: [resource] });
    this.applyPolicy();
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
   * Checks that the instance is associated with the Identity Center instance of an integration.
   *
   * @internal
   */
  public _validateAssociation(instanceArn: string): Problem[] {
    const associated = this._identityCenterInstanceArn;
    if (associated !== undefined && compareTokens(associated, instanceArn) !== 'different') {
      return [];
    }
    const [expected, got] = [instanceArn, associated].map((arn) => arn === undefined ? 'none' : JSON.stringify(arn));
    return [createProblem('IDENTITY_CENTER_MISMATCH', { instance: this.node.path, expected, got })];
  }

  private isUsedBy(integration: IConstruct, named?: IAccessGrantsInstance): boolean {
    return named === this || compareEnvironments(integration, this) === 'same';
  }

  private retainWith(integration: IConstruct, isRetained: boolean): void {
    this.retainers[isRetained ? 'add' : 'delete'](integration);
    this.applyPolicy();
  }

  private applyPolicy(): void {
    const isRetained = this.retainers.size > 0 && !this.removalPolicyGiven;
    applyRemovalPolicy(this._resource, isRetained ? RemovalPolicy.RETAIN : this.ownPolicy!);
  }

  /** Removes the default instance of the stack, which this one replaces. */
  private removeDefault(): void {
    const stack = findOutermostStack(this);
    if (stack.node.tryFindChild(DEFAULT_ID) instanceof DefinedInstance) {
      stack.node.tryRemoveChild(DEFAULT_ID);
    }
  }

  private warnOfPossibleDuplicate(): void {
    const other = INSTANCES.findAll(this).find((each) => compareEnvironments(each, this) === 'unknown');
    if (other) {
      addWarning(this, 'TWO_ACCESS_GRANTS_INSTANCES', { here: getStackPath(this), there: getStackPath(other) });
    }
  }

  private validateUniqueness(): Problem[] {
    const other = INSTANCES.findEarlier(this).find((each) => compareEnvironments(each, this) === 'same');
    if (!other) {
      return [];
    }
    const [here, there] = [getStackPath(this), getStackPath(other)];
    const [first, second] = [other.node.path, this.node.path];
    return [here === there && this.constructor !== other.constructor
      ? createProblem('INSTANCE_NATIVE_AND_ADOPTING', { first, second, stack: here })
      : createProblem('INSTANCE_DEFINED_TWICE', { here, there, first, second })];
  }
}

function findRetained({ node: { root } }: IConstruct): Map<IConstruct, IAccessGrantsInstance | undefined> {
  const found = RETAINED.get(root) ?? new Map();
  RETAINED.set(root, found);
  return found;
}

function getStackPath(construct: IConstruct): string {
  return findOutermostStack(construct).node.path;
}
