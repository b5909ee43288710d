import { formatOldName } from '../../../src/handler/data-sources/old-name';
import { formatPhysicalId, parsePhysicalId } from '../../../src/handler/data-sources/physical-id';
import { formatPrefix, isSamePrefix } from '../../../src/handler/data-sources/prefix';

test.each([
  ['orders/', 'relative', 's3://sales/', '/orders/'],
  ['orders/', 'absolute', 's3://sales/', 's3://sales/orders/'],
  ['orders/', 'absolute', 's3://sales', 's3://sales/orders/'],
  ['orders/', 'absolute', 's3://sales/*', 's3://sales/orders/'],
  ['orders/', 'absolute', 's3://sales/curated*', 's3://sales/curated/orders/'],
  ['orders/', 'absolute', 's3://sales/a*b/', 's3://sales/a*b/orders/'],
] as const)('writes the prefix %p for Immuta in the form %s, below %p', (prefix, form, location, expected) => {
  expect(formatPrefix(prefix, form, location)).toBe(expected);
});

test.each<[string, string, string | undefined, boolean]>([
  ['orders/', 'orders/', 's3://sales/', true],
  ['/orders/', 'orders/', 's3://sales/', true],
  ['//orders', 'orders/', 's3://sales/', true],
  ['/orders/*', 'orders/', 's3://sales/', true],
  ['/orders', 'orders', undefined, true],
  ['/orders/x', 'orders/', 's3://sales/', false],
  ['/old/orders/', 'orders/', 's3://sales/', false],
  ['old/orders/', 'oldorders/', 's3://sales/', false],
  ['/or*ders/', 'orders/', 's3://sales/', false],
  ['', 'orders/', 's3://sales/', false],
  ['', '', 's3://sales/', true],
  ['s3://sales/orders/', 'orders/', 's3://sales/', true],
  ['s3://sales/orders', 'orders/', 's3://sales/*', true],
  ['s3://sales/old/orders/', 'orders/', 's3://sales/', false],
  ['s3://other/orders/', 'orders/', 's3://sales/', false],
  ['s3://other/orders/', 'orders/', undefined, true],
  ['s3://other/reorders/', 'orders/', undefined, false],
])("compares Immuta's prefix %p with %p below %p: %p", (shown, prefix, location, expected) => {
  expect(isSamePrefix(shown, prefix, location)).toBe(expected);
});

test.each([
  ['Sales orders', 'orders/', 'Sales orders [101: orders/]'],
  ['n'.repeat(240), 'orders/', `${'n'.repeat(240)} [101: orders/]`],
  // digits of the sha256 of `nnn… orders/`. The longest name is cut between code points
  ['n'.repeat(241), 'orders/', `${'n'.repeat(127)} [101: cd7a2d0d286e]`],
  [`${'n'.repeat(126)}😀${'n'.repeat(113)}`, 'orders/', `${'n'.repeat(126)} [101: e570ddd642e1]`],
  [`${'n'.repeat(125)}😀${'n'.repeat(114)}`, 'orders/', `${'n'.repeat(125)}😀 [101: a713eb7f699d]`],
])('renames %j when another prefix takes its name', (name, prefix, expected) => {
  expect(formatOldName(name, '101', prefix)).toBe(expected);
});

test.each([
  ['immuta-s3-data-sources/none', { kind: 'none' }],
  ['immuta-s3-data-sources/created/1795407960', { kind: 'created', sentAt: 1_795_407_960_000 }],
  ['immuta-s3-data-sources/failed/1795407960', { kind: 'failed', sentAt: 1_795_407_960_000 }],
  ['immuta-s3-data-sources/deleted/1795407960', { kind: 'unknown' }],
  ['immuta-s3-data-sources/created/17954x', { kind: 'unknown' }],
  ['immuta-s3-data-sources/created/', { kind: 'unknown' }],
  ['ximmuta-s3-data-sources/created/1795407960', { kind: 'unknown' }],
  ['immuta-s3-data-sources/none/', { kind: 'unknown' }],
  ['Lake-Curated-1A2B3C4D5E6F', { kind: 'unknown' }],
])('reads the physical ID %p', (text, expected) => {
  expect(parsePhysicalId(text)).toEqual(expected);
});

test.each([
  ['none', 'immuta-s3-data-sources/none'],
  ['created', 'immuta-s3-data-sources/created/1795407960'],
  ['failed', 'immuta-s3-data-sources/failed/1795407960'],
] as const)('writes the physical ID of a Create that is %s', (kind, expected) => {
  expect(formatPhysicalId(kind, 1_795_407_960_999)).toBe(expected);
});
