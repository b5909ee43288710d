import {
  isAssociationConflict, isInstanceExisting, isInstanceInUse, isInstanceMissing, isInstanceMissingByCode,
  isRequestRefused,
} from '../../../src/handler/aws/access-grants-errors';

const KINDS = {
  missing: isInstanceMissing,
  missingByCode: isInstanceMissingByCode,
  existing: isInstanceExisting,
  inUse: isInstanceInUse,
  refused: isRequestRefused,
  conflict: isAssociationConflict,
};

// the codes and statuses of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
test.each<[string, number, (keyof typeof KINDS)[]]>([
  ['AccessGrantsInstanceNotExists', 404, ['missing', 'missingByCode', 'refused']],
  ['AccessGrantsInstanceNotExistsError', 404, ['missing', 'missingByCode', 'refused']],
  ['AccessGrantsInstanceNotExistsError', 418, ['missing', 'missingByCode']],
  ['SomethingNew', 404, ['missing', 'refused']],
  ['AccessGrantsInstanceAlreadyExists', 409, ['existing', 'inUse', 'refused', 'conflict']],
  ['AccessGrantsInstanceAlreadyExistsError', 418, ['existing']],
  ['AccessGrantsInstanceNotEmpty', 418, ['inUse']],
  ['AccessGrantsInstanceNotEmptyError', 400, ['inUse', 'refused']],
  ['InvalidIdentityCenterInstance', 418, ['refused']],
  ['InvalidIdentityCenterInstanceError', 400, ['inUse', 'refused']],
  ['IdentityCenterAlreadyAssociated', 418, ['conflict']],
  ['Conflict', 418, ['conflict']],
  ['SomethingNew', 409, ['existing', 'inUse', 'refused', 'conflict']],
  ['AccessGrantsInstanceNotExists', 418, ['missing', 'missingByCode']],
  ['AccessGrantsInstanceAlreadyExists', 418, ['existing']],
  ['NotAccessGrantsInstanceNotExists', 418, []],
  ['AccessGrantsInstanceNotExistsAnyMore', 418, []],
  ['NotAccessGrantsInstanceAlreadyExists', 418, []],
  ['AccessGrantsInstanceAlreadyExistsElsewhere', 418, []],
  ['NotAccessGrantsInstanceNotEmpty', 418, []],
  ['AccessGrantsInstanceNotEmptyEnough', 418, []],
  ['NotInvalidIdentityCenterInstance', 418, []],
  ['InvalidIdentityCenterInstanceType', 418, []],
  ['AccessDenied', 403, []],
  ['SlowDown', 503, []],
  ['ThrottlingException', 400, []],
  ['ConcurrentModification', 409, []],
])('classifies the answer %s with the status %i', (name, httpStatusCode, expected) => {
  const error = Object.assign(new Error('no'), { name, $metadata: { httpStatusCode } });

  expect(Object.entries(KINDS).filter(([, is]) => is(error)).map(([kind]) => kind)).toEqual(expected);
});

test.each([undefined, new Error('no'), Object.assign(new Error('no'), { code: 'ECONNREFUSED' })])(
  'classifies %p as no answer of S3 Access Grants',
  (error) => {
    expect(Object.values(KINDS).some((is) => is(error))).toBe(false);
  },
);
