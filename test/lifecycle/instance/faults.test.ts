import {
  calls,
  CallFault,
  deployInstance,
  IDENTITY_CENTER,
  INSTANCE_ARN,
  instanceAnswers,
  instanceFailure,
  instanceState,
  leftovers,
  NOTHING,
  onCall,
  OTHER_IDENTITY_CENTER,
  somebodyElse,
  STACK_NAME,
  useSandbox,
} from './fixture';
import { AwsError, s3ControlOperation } from '../../sandbox/aws';

const sandbox = useSandbox();
const MINUTE = 60_000;
const ONE = { identityCenterInstanceArn: IDENTITY_CENTER };

/** Everything that the handler calls in the life of an instance, but what it only calls while it waits. */
const OPERATIONS = [
  'GetAccessGrantsInstance',
  'ListTagsForResource',
  'CreateAccessGrantsInstance',
  'TagResource',
  'AssociateAccessGrantsIdentityCenter',
  'DissociateAccessGrantsIdentityCenter',
  'UntagResource',
  'DeleteAccessGrantsInstance',
];

const FAULTS: [string, CallFault][] = [
  ['is throttled', { error: new AwsError(503, 'SlowDown', 'Please reduce your request rate.'), times: 3 }],
  ['is throttled otherwise', { error: new AwsError(400, 'ThrottlingException', 'Rate exceeded'), times: 3 }],
  [
    'fails within AWS',
    { error: new AwsError(500, 'InternalError', 'We encountered an internal error. Please try again.'), times: 3 },
  ],
  [
    'is done, and its answer says that it failed',
    { error: new AwsError(500, 'InternalError', 'We encountered an internal error.'), done: true },
  ],
  ['is denied for a while', { error: new AwsError(403, 'AccessDenied', 'Access Denied'), times: 5 }],
];

describe.each(OPERATIONS)('%s', (operation) => {
  test.each(FAULTS)('that %s changes nothing', async (_, fault) => {
    onCall(sandbox.current, operation, fault);

    expect(await deployInstance(sandbox.current, ONE)).toMatchObject({
      status: 'CREATE_COMPLETE',
      outputs: { Adopted: 'false', IdentityCenter: IDENTITY_CENTER },
    });
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: true,
      associationIsOurs: true,
    });

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
    expect(instanceAnswers(sandbox.current)).toEqual(['SUCCESS A', 'SUCCESS A']);
  });
});

test.each([
  ['GetAccessGrantsInstance', 'is denied', new AwsError(403, 'AccessDenied', 'Access Denied by an SCP')],
  ['CreateAccessGrantsInstance', 'is denied', new AwsError(403, 'AccessDenied', 'Access Denied by an SCP')],
  ['AssociateAccessGrantsIdentityCenter', 'is denied', new AwsError(403, 'AccessDenied', 'Access Denied by an SCP')],
  ['CreateAccessGrantsInstance', 'is throttled', new AwsError(503, 'SlowDown', 'Please reduce your request rate.')],
])(
  "%s that %s for ever fails in minutes with AWS's words, and nothing is left once it is mended",
  async (operation, _, error) => {
    const mend = onCall(sandbox.current, operation, { error, times: Infinity });
    const start = sandbox.current.clock.now();

    const result = await deployInstance(sandbox.current, ONE);

    // what cannot even be looked at cannot be rolled back either
    expect(result.status).toBe(operation === 'GetAccessGrantsInstance' ? 'ROLLBACK_FAILED' : 'ROLLBACK_COMPLETE');
    expect(instanceFailure(result)).toMatch(
      new RegExp(`(denied|did not carry out) ${operation}: ${error.code}: ${error.message.replace(/\.$/, '')}`),
    );
    expect(sandbox.current.clock.now() - start).toBeLessThan(8 * MINUTE);
    mend();
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  },
);

describe('an association that takes time', () => {
  test('is waited for, with its application, over several runs of the function, and so is its end', async () => {
    sandbox.current.aws.accessGrants.associationMs = 20 * MINUTE;

    expect(await deployInstance(sandbox.current, ONE)).toMatchObject({
      status: 'CREATE_COMPLETE',
      outputs: { Application: expect.stringContaining('apl-') },
    });
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: true,
      associationIsOurs: true,
    });

    sandbox.current.aws.accessGrants.associationMs = 10 * MINUTE;
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('may take so long that an update to another one is far beyond what a Create may take', async () => {
    await deployInstance(sandbox.current, ONE);
    sandbox.current.aws.accessGrants.associationMs = 8 * MINUTE;

    expect(await deployInstance(sandbox.current, { identityCenterInstanceArn: OTHER_IDENTITY_CENTER }))
      .toMatchObject({ status: 'UPDATE_COMPLETE', outputs: { IdentityCenter: OTHER_IDENTITY_CENTER } });
  });

  test('too long fails with what was last seen, and nothing is left', async () => {
    sandbox.current.aws.accessGrants.associationMs = 40 * MINUTE;

    const result = await deployInstance(sandbox.current, ONE);

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(instanceFailure(result)).toMatch(
      new RegExp(
        `timed out after 30 minutes waiting for .* to be associated with ${IDENTITY_CENTER} ` +
          '\\(last status: the association does not appear yet\\)',
      ),
    );
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('somebody else, at the same time,', () => {
  test('creates the instance: it is adopted', async () => {
    onCall(sandbox.current, 'CreateAccessGrantsInstance', {
      run: () => somebodyElse(sandbox.current).createsInstance(),
    });

    expect(await deployInstance(sandbox.current)).toMatchObject({
      status: 'CREATE_COMPLETE',
      outputs: { Adopted: 'true' },
    });
    await sandbox.current.destroy(STACK_NAME);

    expect(leftovers(sandbox.current)).toEqual({ ...NOTHING, instance: INSTANCE_ARN });
  });

  test.each([
    ['the same', IDENTITY_CENTER],
    ['another', OTHER_IDENTITY_CENTER],
  ])('associates it with %s Identity Center instance: that is theirs', async (_, theirs) => {
    onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', {
      run: () => somebodyElse(sandbox.current).associates(theirs),
    });

    const result = await deployInstance(sandbox.current, ONE);

    expect(result.status).toBe(theirs === IDENTITY_CENTER ? 'CREATE_COMPLETE' : 'ROLLBACK_COMPLETE');
    expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: theirs, associationIsOurs: false });
    if (theirs !== IDENTITY_CENTER) {
      expect(instanceFailure(result)).toContain(`is associated with Identity Center instance ${theirs}`);
    }
    expect(calls(sandbox.current)).not.toContain('DissociateAccessGrantsIdentityCenter');
  });

  test('associates it anew while ours is being ended: that is theirs', async () => {
    await deployInstance(sandbox.current, ONE);
    // AWS has ended ours, and then theirs is made
    sandbox.current.aws.route('s3-control', async (request, next) => {
      const answer = await next(request);
      if (s3ControlOperation(request) === 'DissociateAccessGrantsIdentityCenter') {
        somebodyElse(sandbox.current).associates(IDENTITY_CENTER);
      }
      return answer;
    });

    expect(await deployInstance(sandbox.current)).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IdentityCenter: IDENTITY_CENTER },
    });

    expect(
      calls(sandbox.current).filter((operation) => operation === 'DissociateAccessGrantsIdentityCenter'),
    ).toHaveLength(1);
    expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: IDENTITY_CENTER });
  });

  test('associates it from another stack: that stack keeps the proof', async () => {
    const { tags } = somebodyElse(sandbox.current).createsInstance();
    const proof = (application: string) => ({
      'cdk-immuta-s3-integration:identity-center:stack': 'arn:aws:cloudformation:us-east-1:111122223333:stack/Other/1',
      'cdk-immuta-s3-integration:identity-center:application': application,
    });
    let expected = {};
    onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', {
      run: () => {
        somebodyElse(sandbox.current).associates(IDENTITY_CENTER);
        expected = proof(
          sandbox.current.aws.accessGrants.instance('111122223333', 'us-east-1').association!.applicationArn,
        );
        Object.entries(expected).forEach(([key, value]) => tags.set(key, String(value)));
      },
    });

    expect(await deployInstance(sandbox.current, ONE)).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(Object.fromEntries(tags)).toMatchObject(expected);
    expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: IDENTITY_CENTER });
  });

  const LOST: CallFault = { error: new AwsError(500, 'InternalError', 'We encountered an internal error.') };

  test('creates another instance when ours is deleted, of which the answer is lost: that is theirs', async () => {
    await deployInstance(sandbox.current);
    onCall(sandbox.current, 'DeleteAccessGrantsInstance', {
      ...LOST,
      run: () => {
        somebodyElse(sandbox.current).deletesInstance();
        somebodyElse(sandbox.current).createsInstance();
      },
    });

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(instanceState(sandbox.current)).toMatchObject({ instanceIsOurs: false });
  });

  test('associates it anew when ours is ended, of which the answer is lost: that is theirs', async () => {
    somebodyElse(sandbox.current).createsInstance();
    await deployInstance(sandbox.current, ONE);
    onCall(sandbox.current, 'DissociateAccessGrantsIdentityCenter', {
      ...LOST,
      run: () => {
        somebodyElse(sandbox.current).dissociates();
        somebodyElse(sandbox.current).associates(IDENTITY_CENTER);
      },
    });

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: false,
      associationIsOurs: false,
    });
  });

  test('associates it from another stack once ours is dissociated: that stack keeps the proof', async () => {
    const { tags } = somebodyElse(sandbox.current).createsInstance();
    await deployInstance(sandbox.current, ONE);
    const stack = 'cdk-immuta-s3-integration:identity-center:stack';
    onCall(sandbox.current, 'DissociateAccessGrantsIdentityCenter', {
      ...LOST,
      run: () => {
        somebodyElse(sandbox.current).dissociates();
        somebodyElse(sandbox.current).associates(IDENTITY_CENTER);
        tags.set(stack, 'arn:aws:cloudformation:us-east-1:111122223333:stack/Other/1');
      },
    });

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(tags.get(stack)).toContain('stack/Other/1');
    expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: IDENTITY_CENTER });
  });

  test.each(['ListTagsForResource', 'TagResource', 'AssociateAccessGrantsIdentityCenter'])(
    'deletes the instance before %s',
    async (operation) => {
      onCall(sandbox.current, operation, { run: () => somebodyElse(sandbox.current).deletesInstance() });

      const result = await deployInstance(sandbox.current, ONE);

      expect(result.status).toBe('ROLLBACK_COMPLETE');
      expect(instanceFailure(result)).toMatch(
        /was deleted while it was being set up\. Deploy again to create it\. \[INSTANCE_DELETED_DURING_DEPLOYMENT\]/,
      );
      expect(leftovers(sandbox.current)).toEqual(NOTHING);
    },
  );

  test.each([
    'ListTagsForResource',
    'UntagResource',
    'DissociateAccessGrantsIdentityCenter',
    'DeleteAccessGrantsInstance',
  ])('deletes it, while it is being deleted, before %s', async (operation) => {
    await deployInstance(sandbox.current, ONE);
    onCall(sandbox.current, operation, { run: () => somebodyElse(sandbox.current).deletesInstance() });

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

test.each([
  ['is refused', new AwsError(409, 'Conflict', 'already associated')],
  ['has no answer', new AwsError(500, 'InternalError', 'We encountered an internal error.')],
])('an Update that goes on after its rollback has associated, and %s, takes nothing from that', async (_, error) => {
  await deployInstance(sandbox.current, ONE);
  onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', {
    error,
    run: () => {
      somebodyElse(sandbox.current).associates(IDENTITY_CENTER);
      const { tags } = sandbox.current.aws.accessGrants.instance('111122223333', 'us-east-1');
      tags.set('cdk-immuta-s3-integration:identity-center:instance', IDENTITY_CENTER);
    },
  });

  expect(await deployInstance(sandbox.current, { identityCenterInstanceArn: OTHER_IDENTITY_CENTER })).toMatchObject({
    status: 'UPDATE_ROLLBACK_COMPLETE',
  });

  expect(instanceState(sandbox.current)).toEqual({
    identityCenter: IDENTITY_CENTER,
    instanceIsOurs: true,
    associationIsOurs: true,
  });
  expect(calls(sandbox.current)).not.toContain('UntagResource');
  await sandbox.current.destroy(STACK_NAME);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

describe.each(['AccessGrantsInstanceNotExists', 'AccessGrantsInstanceNotExistsError', 'SomethingNew'])(
  'no instance is %s',
  (code) => {
    test('and is made', async () => {
      onCall(sandbox.current, 'GetAccessGrantsInstance', { error: new AwsError(404, code, 'There is none') });
      expect(await deployInstance(sandbox.current)).toMatchObject({
        status: 'CREATE_COMPLETE',
        outputs: { Adopted: 'false' },
      });
    });
  },
);

test.each(['AccessGrantsInstanceAlreadyExists', 'AccessGrantsInstanceAlreadyExistsError', 'SomethingNew'])(
  'an instance that exists is %s, and is adopted',
  async (code) => {
    onCall(sandbox.current, 'CreateAccessGrantsInstance', {
      error: new AwsError(409, code, 'There is one'),
      run: () => somebodyElse(sandbox.current).createsInstance(),
    });
    expect(await deployInstance(sandbox.current)).toMatchObject({
      status: 'CREATE_COMPLETE',
      outputs: { Adopted: 'true' },
    });
  },
);

test.each([
  ['AccessGrantsInstanceNotEmpty', 400], ['AccessGrantsInstanceNotEmptyError', 400], ['SomethingNew', 409],
])('an instance that is not empty is %s, and waited for', async (code, status) => {
  await deployInstance(sandbox.current);
  onCall(sandbox.current, 'DeleteAccessGrantsInstance', { error: new AwsError(status, code, 'not empty'), times: 3 });

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

describe.each(['GetAccessGrantsInstance', 'TagResource', 'AssociateAccessGrantsIdentityCenter'])(
  'an instance that was just created, and that %s does not find',
  (operation) => {
    test('for a while is ours', async () => {
      const after = operation === 'GetAccessGrantsInstance' ? 1 : 0; // there is none, at first
      onCall(sandbox.current, operation, {
        error: new AwsError(404, 'AccessGrantsInstanceNotExistsError', 'There is none'),
        after,
        times: 3,
      });

      expect(await deployInstance(sandbox.current, ONE)).toMatchObject({
        status: 'CREATE_COMPLETE',
        outputs: { Adopted: 'false', IdentityCenter: IDENTITY_CENTER },
      });

      expect(calls(sandbox.current).filter((call) => call === 'CreateAccessGrantsInstance')).toHaveLength(1);
      await sandbox.current.destroy(STACK_NAME);
      expect(leftovers(sandbox.current)).toEqual(NOTHING);
    });
  },
);

describe('an instance that exists, and cannot be read', () => {
  const NONE = new AwsError(404, 'AccessGrantsInstanceNotExistsError', 'There is none');

  test('for a while is adopted', async () => {
    somebodyElse(sandbox.current).createsInstance();
    onCall(sandbox.current, 'GetAccessGrantsInstance', { error: NONE, times: 4 });
    expect(await deployInstance(sandbox.current)).toMatchObject({
      status: 'CREATE_COMPLETE',
      outputs: { Adopted: 'true' },
    });
  });

  test('for ever fails in a minute, and is not created again and again', async () => {
    somebodyElse(sandbox.current).createsInstance();
    onCall(sandbox.current, 'GetAccessGrantsInstance', { error: NONE, times: Infinity });
    const result = await deployInstance(sandbox.current);
    expect(instanceFailure(result)).toMatch(/was deleted while it was being set up/);
    expect(calls(sandbox.current)).toEqual(['CreateAccessGrantsInstance']);
  });
});

test('a Create makes nothing later than its Delete would look for it', async () => {
  const busy = new AwsError(503, 'SlowDown', 'Please reduce your request rate.');
  onCall(sandbox.current, 'GetAccessGrantsInstance', { error: busy, times: 8 });
  onCall(sandbox.current, 'CreateAccessGrantsInstance', { error: busy, times: Infinity });
  const start = sandbox.current.clock.now();

  const result = await deployInstance(sandbox.current);

  expect(instanceFailure(result)).toMatch(
    /it is too late to create or to associate.*last status: .*SlowDown.*\[INSTANCE_CREATE_TOO_LATE\]/,
  );
  const last = sandbox.current.aws.requests
    .filter((request) => s3ControlOperation(request) === 'CreateAccessGrantsInstance')
    .at(-1)!;
  expect(last.time - start).toBeLessThan(4 * MINUTE);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('an association of which the answer is lost, and whose repeat is refused as anything, is ours', async () => {
  onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', {
    error: new AwsError(500, 'InternalError', 'We encountered an internal error.'),
    done: true,
  });
  onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', {
    error: new AwsError(400, 'InvalidRequest', 'There is one'),
    after: 1,
  });

  expect(await deployInstance(sandbox.current, ONE)).toMatchObject({ status: 'CREATE_COMPLETE' });

  expect(instanceState(sandbox.current)).toEqual({
    identityCenter: IDENTITY_CENTER,
    instanceIsOurs: true,
    associationIsOurs: true,
  });
  await sandbox.current.destroy(STACK_NAME);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

describe('an association that is in the way', () => {
  test('and shows a minute later is named', async () => {
    somebodyElse(sandbox.current).createsInstance();
    sandbox.current.aws.accessGrants.associationMs = MINUTE;
    onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', {
      run: () => somebodyElse(sandbox.current).associates(OTHER_IDENTITY_CENTER),
    });

    const result = await deployInstance(sandbox.current, ONE);

    expect(instanceFailure(result)).toContain(
      `is associated with Identity Center instance ${OTHER_IDENTITY_CENTER}, but not by this resource`,
    );
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: OTHER_IDENTITY_CENTER,
      instanceIsOurs: false,
      associationIsOurs: false,
    });
  });

  test('and never shows is a failure in minutes, with AWS\'s words alone', async () => {
    onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', {
      error: new AwsError(409, 'Conflict', 'There is one'),
      times: Infinity,
    });
    const start = sandbox.current.clock.now();

    const result = await deployInstance(sandbox.current, ONE);

    expect(instanceFailure(result)).toMatch(
      /refused AssociateAccessGrantsIdentityCenter: Conflict: There is one\. .*\[AWS_REQUEST_REFUSED\]/,
    );
    expect(sandbox.current.clock.now() - start).toBeLessThan(8 * MINUTE);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

test('an Update that died with its claim, and runs again minutes later, associates', async () => {
  await deployInstance(sandbox.current);
  onCall(sandbox.current, 'TagResource', {
    run: () => {
      sandbox.current.lambda.kill();
      for (const operation of ['GetAccessGrantsInstance', 'ListTagsForResource']) {
        onCall(sandbox.current, operation, {
          error: new AwsError(503, 'SlowDown', 'Please reduce your request rate.'),
          times: 7,
        });
      }
    },
  });
  const start = sandbox.current.clock.now();

  expect(await deployInstance(sandbox.current, ONE)).toMatchObject({
    status: 'UPDATE_COMPLETE',
    outputs: { IdentityCenter: IDENTITY_CENTER },
  });

  expect(sandbox.current.clock.now() - start).toBeGreaterThan(3 * MINUTE);
  expect(instanceState(sandbox.current)).toEqual({
    identityCenter: IDENTITY_CENTER,
    instanceIsOurs: true,
    associationIsOurs: true,
  });
});

test.each([
  [400, 'InvalidRequest'],
  [404, 'ResourceNotFound'],
])(
  'an association that AWS does not end, with %d, is a failure with its words, and can be deleted later',
  async (status, code) => {
    await deployInstance(sandbox.current, ONE);
    const mend = onCall(sandbox.current, 'DissociateAccessGrantsIdentityCenter', {
      error: new AwsError(status, code, 'Grants use it.'),
      times: Infinity,
    });
    const start = sandbox.current.clock.now();

    const result = await sandbox.current.destroy(STACK_NAME);
    expect(result.status).toBe('DELETE_FAILED');
    expect(sandbox.current.clock.now() - start).toBeLessThan(8 * MINUTE);
    expect(instanceFailure(result)).toContain(`refused DissociateAccessGrantsIdentityCenter: ${code}: Grants use it`);
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: true,
      associationIsOurs: true,
    });

    mend();
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  },
);

test('what a run cannot undo goes with the Delete', async () => {
  sandbox.current.aws.accessGrants.unknownIdentityCenters.add(IDENTITY_CENTER);
  onCall(sandbox.current, 'DeleteAccessGrantsInstance', {
    error: new AwsError(403, 'AccessDenied', 'Not now'),
    times: 14,
  });

  expect(await deployInstance(sandbox.current, ONE)).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

  expect(sandbox.current.written().processes).toContain('"step":"creation-not-undone"');
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
