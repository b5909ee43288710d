import { PhysicalName, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, IConstruct } from 'constructs';
import { attachToRole, findResource } from './attach-policy';
import { acknowledgeRules } from './cdk-nag/acknowledge-rules';
import { acknowledgeWildcards } from './cdk-nag/acknowledge-wildcards';
import { GovernedData } from './policies/governed-data';
import {
  buildLocationRoleStatements, buildLocationRoleTrust, LocationRolePrincipal, LocationRoleTrustOptions,
} from './policies/location-role';
import { addValidation } from './validation/problems';
import { validateRoleSize } from './validation/quotas';

/** Options for the role with which S3 Access Grants reaches the data. */
export interface LocationRoleOptions {
  readonly accessGrantsInstanceArn: string;
  readonly data: GovernedData;
  readonly write: boolean;
  /** Account that owns the buckets. */
  readonly bucketAccount: string;
  /** ARNs of the keys that encrypt the objects. */
  readonly keyArns: string[];
  /** Whether grants can name users and groups of Identity Center. */
  readonly identityCenter: boolean;
  /** The role to use instead of a new one. */
  readonly role?: iam.IRole;
}

/** A role and the resources that its users depend on. */
export interface LocationRole {
  readonly role: iam.IRole;
  readonly dependencies: IConstruct[];
  /** Permissions of the role. */
  readonly statements: iam.PolicyStatement[];
  /** Options for its trust policy. */
  readonly trust: LocationRoleTrustOptions;
}

/** Creates the location role, or attaches its permissions to a role of the user. */
export function createLocationRole(scope: Construct, options: LocationRoleOptions): LocationRole {
  const { account, partition, region } = Stack.of(scope);
  const statements = buildLocationRoleStatements({ ...options, partition, region });
  const principal = new LocationRolePrincipal({ ...options, partition, account });
  if (options.role) {
    return attachLocationPolicy(scope, options.role, statements, principal);
  }
  const role = new iam.Role(scope, 'LocationRole', {
    // Bucket policies in stacks of other accounts need a name.
    roleName: PhysicalName.GENERATE_IF_NEEDED,
    description: 'Vends credentials for data that Immuta governs',
    assumedBy: principal,
    inlinePolicies: { GovernedData: new iam.PolicyDocument({ statements }) },
  });
  acknowledgeRules(role, 'managedPolicies');
  acknowledgeWildcards(role, statements);
  addValidation(role, () => validateRoleSize(role));
  return { role, dependencies: findResource(role), statements, trust: principal.options };
}

function attachLocationPolicy(
  scope: Construct,
  role: iam.IRole,
  statements: iam.PolicyStatement[],
  principal: LocationRolePrincipal,
): LocationRole {
  const trust = principal.options;
  const policy = attachToRole(scope, 'LocationPolicy', role, statements, buildLocationRoleTrust(trust));
  // A `LazyRole` creates a role when it is used.
  const created = role instanceof iam.LazyRole ? role.node.defaultChild : role;
  if (iam.Role.isRole(created)) {
    principal.addToAssumeRolePolicy(created.assumeRolePolicy!);
  }
  return { role, dependencies: [...findResource(role), ...(policy ? [policy] : [])], statements, trust };
}
