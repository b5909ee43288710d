import { deployInstance, IDENTITY_CENTER, INSTANCE_ARN, onCall, somebodyElse, STACK_NAME, useSandbox } from './fixture';
import { CALLS, IDENTITY_CENTER_CALLS, On } from '../../policies/instance-calls';
import { AwsError } from '../../sandbox/aws';

const sandbox = useSandbox();

/** What the functions asked for, as rows of the policy tables. */
function recorded(): Set<string> {
  const { aws } = sandbox.current;
  const kinds: [RegExp, On][] = [
    [new RegExp(`^${INSTANCE_ARN}$`), 'instance'],
    [/^arn:aws:sso:::instance\//, 'identityCenter'],
    [/^arn:aws:sso::444455556666:application\//, 'application'],
    [/^arn:aws:sso::aws:applicationProvider\//, 'applicationProvider'],
    [/^arn:aws:lambda:us-east-1:111122223333:function:/, 'function'],
  ];
  return new Set(aws.iam.authorizations.filter(({ principal }) => principal !== aws.iam.admin)
    .map(({ action, resource }) => `${action} on ${kinds.find(([pattern]) => pattern.test(resource))?.[1] ?? resource}`));
}

test('what the handler asks for in all that may happen to it is what the policy tables have', async () => {
  const others = somebodyElse(sandbox.current);
  // made, refused, adopted; associated slowly; taken away and made anew; in use by others
  sandbox.current.aws.accessGrants.associationMs = 1_200_000;
  await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });
  sandbox.current.aws.accessGrants.associationMs = 0;
  await deployInstance(sandbox.current, { identityCenterInstanceArn: 'arn:aws:sso:::instance/ssoins-5555666677778888' });
  onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', { error: new AwsError(400, 'InvalidIdentityCenterInstance', 'No.') });
  await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });
  others.grants((await others.registers('s3://theirs/')).id);
  await sandbox.current.destroy(STACK_NAME);

  const listed = [...CALLS, ...IDENTITY_CENTER_CALLS].map(([action, on]) => `${action} on ${on}`);
  expect([...recorded()].sort()).toEqual(listed.sort());
});
