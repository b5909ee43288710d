import { isOtherTenant, normalizeUrl } from '../../../src/handler/runtime/tenant-url';

const CALLED = 'https://acme.immutacloud.com';

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ['', false],
  [CALLED, false],
  [`${CALLED}/`, false],
  ['https://ACME.immutacloud.com:443//', false],
  ['https://other.immutacloud.com', true],
  [`${CALLED}/immuta`, true],
  ['no URL', true],
])('says of %j whether it is another tenant than the called one: %j', (url, expected) => {
  expect(isOtherTenant(CALLED, url)).toBe(expected);
});

test.each([
  ['https://Acme.immutacloud.com/a//b///', 'https://acme.immutacloud.com/a//b'],
  ['no URL/', 'no URL/'],
])('normalizes %j', (url, expected) => {
  expect(normalizeUrl(url)).toBe(expected);
});
