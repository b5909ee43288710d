import { CfnResource, IAspect, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { ACKNOWLEDGED_RULES } from './private/cdk-nag/acknowledge';
import { digestIdentity } from './private/tokens';
import { addValidation } from './private/validation/problems';
import { validateManagedDocument } from './private/validation/quotas';

/** The properties of a policy in a role. */
interface InlinePolicy {
  readonly policyName: string;
  readonly policyDocument: unknown;
}

/**
 * Turns inline policies of roles and users into managed policies, for organizations that forbid inline policies.
 *
 * It applies to all constructs of a scope, also to those of other libraries:
 * `Aspects.of(app).add(new ManagedPolicies())`.
 *
 * CloudFormation generates the names of the policies, so they are unique. If you add the Aspect to a deployed stack, or
 * remove it, CloudFormation creates the new policies before it deletes the old ones.
 *
 * A role has 10 managed policies at most, or 20 if the quota is increased. The role of the function gets one for each
 * access key, each `diagnosePermissions` and each health check with an `eventBus`.
 */
export class ManagedPolicies implements IAspect {
  /** Replaces the inline policies of a construct. */
  public visit(node: IConstruct): void {
    if (node instanceof iam.CfnRole) {
      replacePoliciesOfRole(node);
    } else if (node instanceof iam.CfnPolicy) {
      convertToManagedPolicy(node, node.policyDocument, node.policyName);
    } else if (node instanceof iam.CfnRolePolicy) {
      convertToManagedPolicy(node, node.policyDocument, node.policyName);
      node.addPropertyDeletionOverride('RoleName');
      node.addPropertyOverride('Roles', [node.roleName]);
    }
  }
}

/** The role depends on the policies, so what depends on the role can use them as long as it exists. */
function replacePoliciesOfRole(role: iam.CfnRole): void {
  if (!Array.isArray(role.policies)) {
    return;
  }
  const policies = role.policies as InlinePolicy[];
  role.policies = undefined;
  for (const { policyName, policyDocument } of policies) {
    const policy = new iam.CfnManagedPolicy(role, policyName, { policyDocument });
    copyAcknowledgements(role, policy);
    addValidation(policy, () => validateManagedDocument(policy, policyDocument));
    attachToRole(role, policy);
  }
}

function attachToRole(role: iam.CfnRole, policy: iam.CfnManagedPolicy): void {
  const parent = role.node.scope;
  if (iam.Role.isRole(parent)) {
    parent.addManagedPolicy(iam.ManagedPolicy.fromManagedPolicyArn(policy, 'Import', policy.ref));
  } else {
    role.managedPolicyArns = [...role.managedPolicyArns ?? [], policy.ref];
  }
}

/**
 * CloudFormation cannot change the type of a resource, so the logical ID is another one. It changes with the name of
 * the policy: a name that changes replaces an inline policy, too.
 */
function convertToManagedPolicy(policy: iam.CfnPolicy | iam.CfnRolePolicy, document: unknown, name: string): void {
  const stack = Stack.of(policy);
  const suffix = digestIdentity(JSON.stringify(stack.resolve(name)));
  policy.overrideLogicalId(`${stack.resolve(policy.logicalId)}Managed${suffix}`);
  policy.addOverride('Type', iam.CfnManagedPolicy.CFN_RESOURCE_TYPE_NAME);
  policy.addPropertyDeletionOverride('PolicyName');
  addValidation(policy, () => validateManagedDocument(policy, document));
}

function copyAcknowledgements(from: CfnResource, to: CfnResource): void {
  const suppressed = from.cfnOptions.metadata?.cdk_nag;
  if (suppressed) {
    to.addMetadata('cdk_nag', suppressed);
  }
  for (const { type, data } of from.node.metadata.filter((entry) => entry.type === ACKNOWLEDGED_RULES)) {
    to.node.addMetadata(type, data);
  }
}
