import { CfnResource, IAspect, Stack, Token } from 'aws-cdk-lib';
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

/** A principal of IAM that can have inline policies. */
type CfnPrincipal = iam.CfnRole | iam.CfnUser | iam.CfnGroup;

/** An inline policy of one principal. */
type CfnPolicyOfOne = iam.CfnRolePolicy | iam.CfnUserPolicy | iam.CfnGroupPolicy;

/**
 * Turns inline policies of roles, users and groups into managed policies, for organizations that forbid inline
 * policies.
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
    if (node instanceof iam.CfnRole || node instanceof iam.CfnUser || node instanceof iam.CfnGroup) {
      replacePolicies(node);
    } else if (node instanceof iam.CfnPolicy) {
      convertToManagedPolicy(node);
    } else if (node instanceof iam.CfnRolePolicy) {
      convertToManagedPolicy(node);
      renamePrincipal(node, 'RoleName', 'Roles', node.roleName);
    } else if (node instanceof iam.CfnUserPolicy) {
      convertToManagedPolicy(node);
      renamePrincipal(node, 'UserName', 'Users', node.userName);
    } else if (node instanceof iam.CfnGroupPolicy) {
      convertToManagedPolicy(node);
      renamePrincipal(node, 'GroupName', 'Groups', node.groupName);
    }
  }
}

/**
 * The principal depends on the policies, so what depends on the principal can use them as long as it exists. If it is
 * retained, it keeps them.
 */
function replacePolicies(principal: CfnPrincipal): void {
  if (!Array.isArray(principal.policies)) {
    return;
  }
  const policies = principal.policies as InlinePolicy[];
  // Those in a condition of the template are known at deployment.
  const conditional = policies.filter((policy) => Token.isUnresolved(policy));
  principal.policies = conditional.length > 0 ? conditional : undefined;
  for (const { policyName, policyDocument } of policies.filter((policy) => !Token.isUnresolved(policy))) {
    const policy = new iam.CfnManagedPolicy(principal, formatId(principal, policyName), { policyDocument });
    policy.cfnOptions.condition = principal.cfnOptions.condition;
    policy.cfnOptions.deletionPolicy = principal.cfnOptions.deletionPolicy;
    policy.cfnOptions.updateReplacePolicy = principal.cfnOptions.updateReplacePolicy;
    copyAcknowledgements(principal, policy);
    addValidation(policy, () => validateManagedDocument(policy, policyDocument));
    attach(principal, policy);
  }
}

function formatId(principal: CfnPrincipal, policyName: string): string {
  return Token.isUnresolved(policyName)
    ? `Policy${digestIdentity(JSON.stringify(Stack.of(principal).resolve(policyName)))}`
    : policyName;
}

function attach(principal: CfnPrincipal, policy: iam.CfnManagedPolicy): void {
  const parent = principal.node.scope;
  if (iam.Role.isRole(parent) || parent instanceof iam.User || parent instanceof iam.Group) {
    parent.addManagedPolicy(iam.ManagedPolicy.fromManagedPolicyArn(policy, 'Import', policy.ref));
  } else if (Token.isUnresolved(principal.managedPolicyArns)) {
    // A list that is known at deployment accepts no more elements.
    policy[listName(principal)] = [principal.ref];
  } else {
    principal.managedPolicyArns = [...principal.managedPolicyArns ?? [], policy.ref];
  }
}

/** Returns the property of a managed policy that lists such principals. */
function listName(principal: CfnPrincipal): 'roles' | 'users' | 'groups' {
  if (principal instanceof iam.CfnRole) {
    return 'roles';
  }
  return principal instanceof iam.CfnUser ? 'users' : 'groups';
}

/**
 * CloudFormation cannot change the type of a resource, so the logical ID is another one. It changes with the name of
 * the policy: a name that changes replaces an inline policy, too.
 */
function convertToManagedPolicy(policy: iam.CfnPolicy | CfnPolicyOfOne): void {
  const stack = Stack.of(policy);
  const suffix = digestIdentity(JSON.stringify(stack.resolve(policy.policyName)));
  policy.overrideLogicalId(`${stack.resolve(policy.logicalId)}Managed${suffix}`);
  policy.addOverride('Type', iam.CfnManagedPolicy.CFN_RESOURCE_TYPE_NAME);
  policy.addPropertyDeletionOverride('PolicyName');
  addValidation(policy, () => validateManagedDocument(policy, policy.policyDocument));
}

function renamePrincipal(policy: CfnPolicyOfOne, from: string, to: string, name: string): void {
  policy.addPropertyDeletionOverride(from);
  policy.addPropertyOverride(to, [name]);
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
