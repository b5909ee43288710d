import { CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct, IConstruct } from 'constructs';

/** What tells an integration or instance from one that was retained before. */
export interface Generation {
  /** An ID that is new each time that the custom resource is added to a stack. */
  readonly id: string;
  /** What exists for this ID alone. */
  readonly resources: CfnResource[];
}

/**
 * Finds the ID of a role or policy that belongs to a custom resource alone. If the template has none, creates a
 * parameter.
 *
 * IAM gives a role a new ID each time that it is created, even if the name is the same. CloudFormation generates the
 * names of policies and parameters.
 *
 * @param scope the scope of the custom resource
 * @param owned roles and policies that belong to it alone
 */
export function findOrCreateGeneration(scope: Construct, owned: readonly (IConstruct | undefined)[]): Generation {
  const resource = owned.map((construct) => construct?.node.defaultChild).find((child) => child !== undefined);
  if (resource) {
    return { id: resource instanceof iam.CfnRole ? resource.attrRoleId : (resource as CfnResource).ref, resources: [] };
  }
  const parameter = new ssm.CfnParameter(scope, 'Generation', {
    type: 'String',
    value: 'unused',
    description: 'The generated name tells what a stack has created for Immuta from what it retained before',
  });
  // An Aspect that names resources would give each generation the same ID.
  parameter.addPropertyDeletionOverride('Name');
  return { id: parameter.ref, resources: [parameter] };
}
