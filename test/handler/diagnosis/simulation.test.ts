import { simulateInIam } from '../../../src/handler/diagnosis/simulation';
import { HttpServer } from '../../support/http-server';

const USER = 'arn:aws:iam::111122223333:user/immuta';
let iam: HttpServer;
let results = '';

beforeEach(async () => {
  iam = await HttpServer.start((_, response) => {
    response.writeHead(200, { 'content-type': 'text/xml' }).end(
      `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>${results}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`);
  });
  Object.assign(process.env, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL_IAM: iam.url });
});
afterEach(() => iam.close());

const simulate = () => simulateInIam(USER, { actions: ['s3:ListBucket'], resource: 'arn:aws:s3:::sales', context: { 's3:prefix': 'curated/' } });
const result = (decision: string, more = '') => `<member><EvalActionName>s3:ListBucket</EvalActionName><EvalDecision>${decision}</EvalDecision>${more}</member>`;

test('it asks about the principal, the actions, the resource and what conditions may ask for', async () => {
  await simulate();
  expect(Object.fromEntries(new URLSearchParams(iam.requests[0].body))).toMatchObject({
    'Action': 'SimulatePrincipalPolicy',
    'PolicySourceArn': USER,
    'ActionNames.member.1': 's3:ListBucket',
    'ResourceArns.member.1': 'arn:aws:s3:::sales',
    'ContextEntries.member.1.ContextKeyName': 's3:prefix',
    'ContextEntries.member.1.ContextKeyValues.member.1': 'curated/',
    'ContextEntries.member.1.ContextKeyType': 'string',
  });
});

test.each([
  ['allowed', '', undefined],
  ['implicitDeny', '', 'policies'],
  ['explicitDeny', '', 'explicit deny'],
  ['implicitDeny', '<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>false</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>', 'permissions boundary'],
  ['implicitDeny', '<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail>', 'organization'],
  ['implicitDeny', '<MissingContextValues><member>aws:SourceVpce</member></MissingContextValues>', undefined],
  ['explicitDeny', '<MissingContextValues><member>aws:SourceVpce</member></MissingContextValues>', 'explicit deny'],
])('%s %s means a denial by %s', async (decision, more, by) => {
  results = result(decision, more);
  await expect(simulate()).resolves.toEqual(by === undefined ? [] : [{ action: 's3:ListBucket', resource: 'arn:aws:s3:::sales', by }]);
});
