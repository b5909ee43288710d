import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { renderStatement } from './tokens';
import { addValidation, addWarning } from './validation/problems';

/** Statements that a role needs. */
interface RoleStatements {
  /** The construct that needs them. */
  readonly scope: IConstruct;
  readonly statements: iam.PolicyStatement[];
}

const NEEDED = new WeakMap<iam.IRole, iam.PolicyStatement[]>();
const MISSING = new WeakMap<iam.IRole, { readonly policy: RoleStatements[]; readonly trust: RoleStatements[] }>();

/** Notes statements that a role needs, whether or not the library can attach them. */
export function noteStatements(role: iam.IRole, statements: iam.PolicyStatement[]): void {
  NEEDED.set(role, [...NEEDED.get(role) ?? [], ...statements]);
}

/** Returns all statements that the app's constructs need on the role. */
export function findNotedStatements(role: iam.IRole): iam.PolicyStatement[] {
  return NEEDED.get(role) ?? [];
}

/**
 * Reports statements that a role needs and does not accept: one warning for each role lists them all.
 *
 * The report of `Role.customizeRoles` contains those of the roles that it leaves out of the template.
 */
export function reportMissing(
  scope: IConstruct, role: iam.IRole, statements: iam.PolicyStatement[], trust: iam.PolicyStatement[] = [],
): void {
  if (isReportedByCdk(role)) {
    return;
  }
  const missing = MISSING.get(role) ?? { policy: [], trust: [] };
  if (!MISSING.has(role)) {
    MISSING.set(role, missing);
    // Later constructs can add statements, so the warning is added at the end of the synthesis. It cannot be a token:
    // newer versions of the CDK do not resolve tokens in annotations.
    addValidation(role, () => {
      warnOfMissing(role, renderAll(missing.policy), renderAll(missing.trust));
      return [];
    });
  }
  missing.policy.push({ scope, statements });
  missing.trust.push({ scope, statements: trust });
}

function warnOfMissing(role: iam.IRole, statements: string, trust: string): void {
  addWarning(role, 'ROLE_WITHOUT_POLICY_UPDATES', {
    role: role.node.path,
    statements,
    trust: trust === '[]' ? '' : `, and these in its trust policy: ${trust}`,
  });
}

/** Renders each statement once, as JSON. */
function renderAll(entries: RoleStatements[]): string {
  const rendered = entries.flatMap(({ scope, statements }) => statements.map((each) => renderStatement(scope, each)));
  return `[${[...new Set(rendered)].join(',')}]`;
}

/** Whether `Role.customizeRoles` applies to the role. */
function isReportedByCdk(role: iam.IRole): boolean {
  return role.node.tryGetContext('@aws-cdk/iam:customizeRoles') !== undefined;
}
