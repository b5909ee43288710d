import { parseSigningDate } from '../../../src/handler/protocol/signing-date';

test.each([
  [
    'Signature Version 4',
    'https://b.s3.amazonaws.com/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261123T042600Z&X-Amz-Expires=7200',
    '2026-11-23T04:26:00.000Z',
  ],
  ['Signature Version 2', 'https://b.s3.amazonaws.com/x?AWSAccessKeyId=A&Expires=1795408000&Signature=s', undefined],
  ['no date', 'https://b.s3.amazonaws.com/x?X-Amz-Date=', undefined],
  ['a date that is none', 'https://b.s3.amazonaws.com/x?X-Amz-Date=20261399T042600Z', undefined],
  ['a date with more before it', 'https://b.s3.amazonaws.com/x?X-Amz-Date=120261123T042600Z', undefined],
  ['a date with more after it', 'https://b.s3.amazonaws.com/x?X-Amz-Date=20261123T042600Z1', undefined],
  ['no URL', 'x', undefined],
])('returns the signing date of %s', (_, url, date) => {
  const signed = parseSigningDate(url);

  expect(signed === undefined ? undefined : new Date(signed).toISOString()).toBe(date);
});
