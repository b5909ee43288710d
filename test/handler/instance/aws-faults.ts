import { AwsError } from '../../sandbox/aws';
import { CallFault, IDENTITY_CENTER, instanceState, onCall } from '../../support/access-grants-instance';
import { expectNothingLeft, InstanceSandbox } from '../support/instance-sandbox';

export const BUSY = new AwsError(503, 'SlowDown', 'Please reduce your request rate.');
const FAILED = new AwsError(500, 'InternalError', 'We encountered an internal error.');

/** Every operation that the handler calls in the life of an instance, except those it calls only while it waits. */
export const OPERATIONS = [
  'GetAccessGrantsInstance',
  'ListTagsForResource',
  'CreateAccessGrantsInstance',
  'TagResource',
  'AssociateAccessGrantsIdentityCenter',
  'DissociateAccessGrantsIdentityCenter',
  'UntagResource',
  'DeleteAccessGrantsInstance',
];

export const FAULTS: [string, CallFault][] = [
  ['is throttled', { error: BUSY, times: 3 }],
  ['is throttled with another code', { error: new AwsError(400, 'ThrottlingException', 'Rate exceeded'), times: 3 }],
  ['fails within AWS', { error: FAILED, times: 3 }],
  ['succeeds but returns an error', { error: FAILED, done: true }],
  ['is denied for a while', { error: new AwsError(403, 'AccessDenied', 'Access Denied'), times: 5 }],
];

/** Creates and deletes an instance with Identity Center while a call of an operation meets the fault. */
export async function expectSuccessDespite(
  sandbox: InstanceSandbox,
  operation: string,
  fault: CallFault,
): Promise<void> {
  onCall(sandbox, operation, fault);

  expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({
    status: 'SUCCESS',
    attributes: { Adopted: 'false', IdentityCenterInstanceArn: IDENTITY_CENTER },
  });
  expect(instanceState(sandbox)).toEqual({
    identityCenter: IDENTITY_CENTER,
    instanceIsOurs: true,
    associationIsOurs: true,
  });

  await expectNothingLeft(sandbox);
  const [first, ...others] = sandbox.answers.map(({ PhysicalResourceId }) => PhysicalResourceId);
  expect(first).toMatch(/^s3-access-grants-instance\/[0-9a-f]{12}$/);
  expect(others).toEqual([first]);
}
