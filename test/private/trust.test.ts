import { Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { validateTrust } from '../../src/private/validation/trust';
import { newStack } from '../fixture';
import { Annotations } from '../support/annotations';

const ROLE = 'arn:aws:iam::444455556666:role/immuta';
const SESSION = 'arn:aws:sts::444455556666:assumed-role/immuta/session';
const withCondition = (principal: iam.PrincipalBase, ...keys: string[]) => principal.withConditions({
  StringEquals: Object.fromEntries(keys.map((key) => [key, 'x'])),
});
const arn = (text: string) => new iam.ArnPrincipal(text);

/** A role of account 111122223333. */
const newRole = (assumedBy: iam.IPrincipal) =>
  new iam.Role(newStack({ env: { account: '111122223333', region: 'us-east-1' } }), 'Role', { assumedBy });

function listWarnings(role: iam.Role): string[] {
  validateTrust(role);
  return Annotations.fromStack(role.stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
}

test.each<[string, iam.IPrincipal]>([
  ['a role with an external ID', withCondition(arn(ROLE), 'sts:ExternalId')],
  ['an account with an external ID', withCondition(arn('444455556666'), 'sts:ExternalId')],
  ['a role of the same account', arn('arn:aws:iam::111122223333:role/immuta')],
  ['a user with an external ID and another condition', withCondition(arn(ROLE), 'sts:ExternalId', 'aws:SourceIp')],
])('warns of nothing when a role trusts %s', (_, principal) => {
  expect(listWarnings(newRole(principal))).toEqual([]);
});

test.each<[string, iam.IPrincipal, string]>([
  ['444455556666', arn('444455556666'), 'ACCOUNT_WITHOUT_EXTERNAL_ID'],
  ['444455556666', arn('arn:aws:iam::444455556666:root'), 'ACCOUNT_WITHOUT_EXTERNAL_ID'],
  [`'${ROLE}'`, arn(ROLE), 'PRINCIPAL_WITHOUT_EXTERNAL_ID'],
  [`'${SESSION}'`, arn(SESSION), 'PRINCIPAL_WITHOUT_EXTERNAL_ID'],
  ["'444455556666'", withCondition(arn('444455556666'), 'aws:SourceIp'), 'PRINCIPAL_WITHOUT_EXTERNAL_ID'],
  [
    "'arn:aws:iam::444455556666:root'", withCondition(arn('arn:aws:iam::444455556666:root'), 'aws:SourceIp'),
    'PRINCIPAL_WITHOUT_EXTERNAL_ID',
  ],
  [
    `'${ROLE}' and '${SESSION}'`, new iam.CompositePrincipal(arn(ROLE), arn(SESSION)),
    'PRINCIPAL_WITHOUT_EXTERNAL_ID',
  ],
  ["service 'ec2.amazonaws.com'", new iam.ServicePrincipal('ec2.amazonaws.com'), 'PRINCIPAL_WITHOUT_EXTERNAL_ID'],
  [
    "identities of 'accounts.google.com'", new iam.WebIdentityPrincipal('accounts.google.com'),
    'PRINCIPAL_WITHOUT_EXTERNAL_ID',
  ],
  [
    'everyone with aws:PrincipalOrgID, aws:SourceIp',
    withCondition(new iam.AnyPrincipal(), 'aws:PrincipalOrgID', 'aws:SourceIp'), 'PRINCIPAL_WITHOUT_EXTERNAL_ID',
  ],
  [
    'everyone with aws:SourceIp.', withCondition(new iam.StarPrincipal(), 'aws:SourceIp'),
    'PRINCIPAL_WITHOUT_EXTERNAL_ID',
  ],
  [
    "everyone in AWS who knows the 'externalId'", withCondition(new iam.AnyPrincipal(), 'sts:ExternalId'),
    'ANYBODY_WITH_EXTERNAL_ID',
  ],
  [
    "everyone in AWS who knows the 'externalId'",
    new iam.CompositePrincipal(
      arn('arn:aws:iam::111122223333:role/immuta'), withCondition(new iam.AnyPrincipal(), 'sts:ExternalId'),
    ),
    'ANYBODY_WITH_EXTERNAL_ID',
  ],
])('warns once when a role trusts %s', (text, principal, code) => {
  const warnings = listWarnings(newRole(principal));
  expect(warnings).toEqual([expect.stringContaining(text)]);
  expect(warnings[0]).toContain(`[${code}]`);
});

test('fails and does not warn when a role trusts everyone', () => {
  const role = newRole(new iam.AnyPrincipal());
  expect(validateTrust(role)).toMatchObject([{ code: 'PRINCIPAL_TOO_BROAD' }]);
  expect(listWarnings(role)).toEqual([]);
});

test('reads a statement that excludes principals', () => {
  const role = newRole(arn('arn:aws:iam::111122223333:role/immuta'));
  role.assumeRolePolicy!.addStatements(new iam.PolicyStatement({
    effect: iam.Effect.DENY, actions: ['sts:AssumeRole'], notPrincipals: [arn('arn:aws:iam::111122223333:role/immuta')],
  }));
  expect(validateTrust(role)).toEqual([]);
  expect(listWarnings(role)).toEqual([]);
});
