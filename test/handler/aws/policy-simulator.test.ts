import { simulatePolicies } from '../../../src/handler/aws/policy-simulator';
import { Deadline } from '../../../src/handler/runtime/deadline';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { HttpServer } from '../../support/http-server';
import { TestClock } from '../support/test-clock';

const USER = 'arn:aws:iam::111122223333:user/immuta';
let iam: HttpServer;
let results = '';

beforeEach(async () => {
  iam = await HttpServer.start((_, response) => {
    response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(
        '<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult>' +
          `<EvaluationResults>${results}</EvaluationResults>` +
          '</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>',
      );
  });
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_IAM: iam.url,
  });
});
afterEach(() => iam.close());

const clock = new TestClock();
const end = clock.now() + 60_000;
const deadline = new Deadline(clock, {
  handOverAt: end,
  giveUpAt: end,
  iamPropagationEndsAt: end,
  creationEndsAt: end,
});
const log = createLog({ clock, redaction: new Redaction(), write: () => undefined });

const simulate = (until = deadline) =>
  simulatePolicies(
    USER,
    {
      actions: ['s3:ListBucket'],
      resource: 'arn:aws:s3:::sales',
      region: 'eu-west-1',
      context: { 's3:prefix': 'curated/' },
    },
    { deadline: until, log },
  );
const result = (decision: string, more = '') =>
  `<member><EvalActionName>s3:ListBucket</EvalActionName><EvalDecision>${decision}</EvalDecision>${more}</member>`;

test('sends principal, actions, resource and keys of conditions to the policy simulator', async () => {
  await simulate();
  const sent = Object.fromEntries(new URLSearchParams(iam.requests[0].body));
  const entries = ['ContextKeyName', 'ContextKeyType', 'ContextKeyValues.member.1'].map((field) => `.${field}`);
  expect([1, 2, 3, 4].map((number) => entries.map((field) => sent[`ContextEntries.member.${number}${field}`]))).toEqual(
    [
      ['aws:PrincipalArn', 'string', USER],
      ['aws:RequestedRegion', 'string', 'eu-west-1'],
      ['aws:SecureTransport', 'boolean', 'true'],
      ['s3:prefix', 'string', 'curated/'],
    ],
  );
  expect(sent).toMatchObject({
    'Action': 'SimulatePrincipalPolicy',
    'PolicySourceArn': USER,
    'ActionNames.member.1': 's3:ListBucket',
    'ResourceArns.member.1': 'arn:aws:s3:::sales',
  });
});

const MISSING = '<MissingContextValues><member>aws:SourceVpce</member></MissingContextValues>';
const MISSING_FOR_RESOURCE =
  '<ResourceSpecificResults><member><EvalResourceName>arn:aws:s3:::sales</EvalResourceName>' +
  `${MISSING}</member></ResourceSpecificResults>`;

test.each([
  ['implicitDeny', MISSING],
  ['explicitDeny', MISSING],
  ['implicitDeny', MISSING_FOR_RESOURCE],
  ['explicitDeny', MISSING_FOR_RESOURCE],
])('takes %s for no proof when a value of a condition is missing: %s', async (decision, more) => {
  results = result(decision, more);
  await expect(simulate()).resolves.toEqual({ denials: [], isComplete: false });
});

test.each([
  ['allowed', '', undefined],
  ['implicitDeny', '', 'policies'],
  ['explicitDeny', '', 'explicit deny'],
  ['implicitDeny', '<ResourceSpecificResults><member/></ResourceSpecificResults>', 'policies'],
  [
    'implicitDeny',
    '<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>false</AllowedByPermissionsBoundary>' +
      '</PermissionsBoundaryDecisionDetail>',
    'permissions boundary',
  ],
  [
    'implicitDeny',
    '<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail>',
    'organization',
  ],
])('takes %s %s for a denial by %s', async (decision, more, by) => {
  results = result(decision, more);
  await expect(simulate()).resolves.toEqual({
    denials: by === undefined ? [] : [{ action: 's3:ListBucket', resource: 'arn:aws:s3:::sales', by }],
    isComplete: true,
  });
});

test('names IAM without a Region when it does not answer', async () => {
  await iam.close();

  await expect(simulate(deadline.withoutRetries())).rejects.toThrow(
    /^no answer from AWS IAM to SimulatePrincipalPolicy: .*ECONNREFUSED/,
  );
});
