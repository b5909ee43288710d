import { isComplete, isInPlace, isSteady } from '../../../src/handler/immuta/status';

test.each([
  ['creating', { steady: false, inPlace: false, complete: false }],
  ['enabled', { steady: true, inPlace: true, complete: true }],
  ['editing', { steady: false, inPlace: false, complete: true }],
  ['migrating', { steady: false, inPlace: false, complete: true }],
  ['deleting', { steady: false, inPlace: false, complete: false }],
  ['createError', { steady: true, inPlace: false, complete: false }],
  ['editError', { steady: true, inPlace: true, complete: true }],
  ['deleteError', { steady: true, inPlace: true, complete: true }],
  ['migrateError', { steady: true, inPlace: true, complete: true }],
  ['recurringValidationError', { steady: true, inPlace: true, complete: true }],
  ['disabled', { steady: true, inPlace: false, complete: true }],
  ['deleted', { steady: true, inPlace: false, complete: true }],
  ['of next year', { steady: false, inPlace: false, complete: true }],
])('classifies the status %p', (status, expected) => {
  expect({ steady: isSteady(status), inPlace: isInPlace(status), complete: isComplete(status) }).toEqual(expected);
});
