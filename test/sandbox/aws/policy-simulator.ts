import { AwsError } from './aws-error';
import { IamState, PolicyDocument } from './iam';
import { AwsRequest, AwsResponse, elements, queryXml } from './request';

/** IAM's SimulatePrincipalPolicy, for roles and users of the sandbox. */
export async function handlePolicySimulator(iam: IamState, request: AwsRequest): Promise<AwsResponse> {
  const { operation, principal, input } = request;
  const source: string = input.PolicySourceArn;
  if (!await iam.authorize(principal, 'iam:SimulatePrincipalPolicy', source)) {
    throw new AwsError(
      403,
      'AccessDenied',
      `User: ${principal} is not authorized to perform: iam:SimulatePrincipalPolicy on resource: ${source}`,
    );
  }
  const names = list(input, 'ContextEntries', 'ContextKeyName');
  const keys = Object.fromEntries(
    names.map((name, index) => [name, input[`ContextEntries.member.${index + 1}.ContextKeyValues.member.1`]]),
  );
  const results: object[] = [];
  for (const action of list(input, 'ActionNames')) {
    for (const resource of list(input, 'ResourceArns')) {
      const { own, boundary, organization, documents } = await iam.verdicts(source, action, resource, { keys });
      const statements = findStatements(documents, action);
      const isDeniedByOwn = !own && statements.some(({ Effect }) => Effect === 'Deny');
      const refusal = isDeniedByOwn ? 'explicitDeny' : 'implicitDeny';
      const decision = own && boundary && organization ? 'allowed' : refusal;
      results.push({
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: decision,
        PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: boundary },
        OrganizationsDecisionDetail: { AllowedByOrganizations: organization },
        // Those of a resource that the request names are in its own result.
        ResourceSpecificResults: {
          member: [{
            EvalResourceName: resource,
            EvalResourceDecision: decision,
            MissingContextValues: { member: findMissingKeys(statements, Object.keys(keys)) },
          }],
        },
      });
    }
  }
  return queryXml(operation, elements({ IsTruncated: false, EvaluationResults: { member: results } }));
}

function findStatements(documents: PolicyDocument[], action: string): Statement[] {
  return documents
    .flatMap(({ Statement }) => Statement as Statement | Statement[])
    .filter(({ Action }) => [Action].flat().some((pattern) => matchesAction(pattern, action)));
}

/** Keys of conditions for which the request has no value. */
function findMissingKeys(statements: Statement[], known: string[]): string[] {
  const isKnown = (key: string) => known.some((name) => name.toLowerCase() === key.toLowerCase());
  const conditions = statements.flatMap(({ Condition = {} }) => Object.values(Condition));
  return [...new Set(conditions.flatMap((keys) => Object.keys(keys)))].filter((key) => !isKnown(key));
}

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

function matchesAction(pattern = '', action: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 'i').test(action);
}

/** A list of the query protocol: `ActionNames.member.1`, `ContextEntries.member.1.ContextKeyName`, … */
function list(input: Record<string, string>, name: string, field?: string): string[] {
  const pattern = new RegExp(`^${name}\\.member\\.\\d+${field ? `\\.${field}` : ''}$`);
  return Object.keys(input).filter((key) => pattern.test(key)).map((key) => input[key]);
}
