import { Aspects, CfnDeletionPolicy, CfnResource, RemovalPolicy } from 'aws-cdk-lib';
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
 * Retains resources that are added to the construct after its removal policy was applied: a role collects grants in a
 * policy of their own.
 */
export function retainAdditions(construct: IConstruct, isConstructRetained: () => boolean): void {
  Aspects.of(construct).add({
    visit: (node) => {
      const isAddition = CfnResource.isCfnResource(node) && node.cfnOptions.deletionPolicy === undefined;
      if (isAddition && isConstructRetained()) {
        applyRemovalPolicy(node, RemovalPolicy.RETAIN);
      }
    },
  });
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
