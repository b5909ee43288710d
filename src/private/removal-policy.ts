import { AspectPriority, Aspects, CfnDeletionPolicy, CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * Applies the policy to every resource of the construct. A first deployment that rolls back deletes them, whatever the
 * policy.
 */
export function applyRemovalPolicy(construct: IConstruct, policy: RemovalPolicy): void {
  const resources = construct.node.findAll().filter((child): child is CfnResource => CfnResource.isCfnResource(child));
  const rendered = retains(policy) ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : policy;
  resources.forEach((resource) => resource.applyRemovalPolicy(rendered));
}

/**
 * Applies the removal policy also to resources that are added to the construct later: a role collects grants in a
 * policy of their own, and IAM deletes no role that still has a policy.
 *
 * It comes before Aspects of the user that set a policy where it is missing (`MissingRemovalPolicies`).
 */
export function applyToAdditions(construct: IConstruct, isConstructRetained: () => boolean): void {
  const visit = (node: IConstruct) => {
    if (CfnResource.isCfnResource(node) && node.cfnOptions.deletionPolicy === undefined) {
      applyRemovalPolicy(node, isConstructRetained() ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    }
  };
  Aspects.of(construct).add({ visit }, { priority: AspectPriority.MUTATING - 1 });
}

/** Whether the policy keeps what leaves the template. */
export function retains(policy?: RemovalPolicy): boolean {
  return policy === RemovalPolicy.RETAIN || policy === RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
}

/** Whether CloudFormation retains the resource when it leaves the template. */
export function isRetained(resource: CfnResource): boolean {
  const { deletionPolicy } = resource.cfnOptions;
  return deletionPolicy === CfnDeletionPolicy.RETAIN || deletionPolicy === CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE;
}
