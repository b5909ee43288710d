import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { getAccount } from './stacks';
import { renderStatement } from './tokens';
import { addValidation, addWarning, createProblem, Problem } from './validation/problems';

/** Statements that a principal needs and does not get. */
interface MissingStatements {
  /** The construct that needs them. */
  readonly scope: IConstruct;
  readonly policy: iam.PolicyStatement[];
  readonly trust: iam.PolicyStatement[];
}

type Reports = WeakMap<iam.IRole | iam.IUser, MissingStatements[]>;

const NEEDED = new WeakMap<iam.IRole, iam.PolicyStatement[]>();
const NOT_ACCEPTED: Reports = new WeakMap();
const IN_OTHER_ACCOUNT: Reports = new WeakMap();

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
  scope: IConstruct, role: iam.IRole, policy: iam.PolicyStatement[], trust: iam.PolicyStatement[] = [],
): void {
  if (isReportedByCdk(role)) {
    return;
  }
  addReport(NOT_ACCEPTED, role, { scope, policy, trust }, (missing) => {
    const trusts = renderAll(missing, 'trust');
    addWarning(role, 'ROLE_WITHOUT_POLICY_UPDATES', {
      role: role.node.path,
      statements: renderAll(missing, 'policy'),
      trust: trusts === '[]' ? '' : `, and these in its trust policy: ${trusts}`,
    });
    return [];
  });
}

/**
 * Reports statements that a user needs. With `Role.customizeRoles`, the CDK leaves managed policies out of the
 * template, and its report lists those of roles only.
 */
export function reportUserPolicy(scope: IConstruct, user: iam.IUser, policy: iam.PolicyStatement[]): void {
  addReport(NOT_ACCEPTED, user, { scope, policy, trust: [] }, (missing) => {
    addWarning(user, 'USER_WITHOUT_POLICY', { user: user.node.path, statements: renderAll(missing, 'policy') });
    return [];
  });
}

/** Reports that a principal belongs to another account: one error for each lists all statements that it needs. */
export function reportOtherAccount(
  scope: IConstruct, principal: iam.IRole | iam.IUser, policy: iam.PolicyStatement[],
): void {
  addReport(IN_OTHER_ACCOUNT, principal, { scope, policy, trust: [] }, (missing) => [
    createProblem('PRINCIPAL_IN_OTHER_ACCOUNT', {
      principal: principal.node.path,
      account: Stack.of(scope).account,
      got: getAccount(principal),
      statements: renderAll(missing, 'policy'),
    }),
  ]);
}

/**
 * Later constructs can add statements, so a principal is reported at the end of the synthesis. The statements cannot be
 * a token: newer versions of the CDK do not resolve tokens in annotations.
 */
function addReport(
  reports: Reports,
  principal: iam.IRole | iam.IUser,
  entry: MissingStatements,
  report: (missing: MissingStatements[]) => Problem[],
): void {
  const missing = reports.get(principal);
  if (missing) {
    missing.push(entry);
    return;
  }
  const entries = [entry];
  reports.set(principal, entries);
  addValidation(principal, () => report(entries));
}

/** Renders each statement once, as JSON. */
function renderAll(missing: MissingStatements[], kind: 'policy' | 'trust'): string {
  const rendered = missing.flatMap((each) => each[kind].map((statement) => renderStatement(each.scope, statement)));
  return `[${[...new Set(rendered)].join(',')}]`;
}

/** Whether `Role.customizeRoles` applies to the role. */
function isReportedByCdk(role: iam.IRole): boolean {
  return role.node.tryGetContext('@aws-cdk/iam:customizeRoles') !== undefined;
}
