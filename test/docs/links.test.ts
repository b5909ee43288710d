import { anchors, brokenLinks, linkTargets } from './links';
import { readPage, readPages } from './pages';

const PAGES = readPages();
const BLOB = 'https://github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration/blob/main';

test('finds the pages of the documentation', () => {
  expect(PAGES.map(({ file }) => file)).toEqual(
    expect.arrayContaining([
      'CONTRIBUTING.md',
      'README.md',
      'docs/README.md',
      'docs/guides/move-and-rename.md',
      'examples/go/quickstart/README.md',
    ]),
  );
});

test.each(PAGES)('has a target for every link of $file', (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test('has only absolute links in README, for npm, PyPI and Construct Hub', () => {
  const targets = linkTargets(readPage('README.md'));
  expect(targets.length).toBeGreaterThan(30);
  expect(targets.filter((target) => !target.startsWith('https://'))).toEqual([]);
});

test('lists every page of docs in the index', () => {
  const index = linkTargets(readPage('docs/README.md')).map((target) => `docs/${target}`);
  const pages = PAGES.map(({ file }) => file).filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
  expect(pages.filter((file) => !index.includes(file))).toEqual([]);
});

test.each([
  ['[a](missing.md)', 'does not exist'],
  ['[a](../../../outside.md)', 'does not exist'],
  ['[a](limits.md#no-such-heading)', 'has no such heading'],
  ['[a](#no-such-heading)', 'has no such heading'],
  ['[a][undefined]', 'has no definition'],
  [`[a](${BLOB}/docs/missing.md)`, 'does not exist'],
  [`[a](${BLOB}/docs/limits.md#no-such-heading)`, 'has no such heading'],
  [`[a](${BLOB}/docs)`, 'is a folder: write /tree/'],
  [
    '![a](https://raw.githubusercontent.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration/main/a.svg)',
    'does not exist',
  ],
])('reports %s as a broken link', (text, problem) => {
  expect(brokenLinks({ file: 'docs/sample.md', text })).toEqual([expect.stringMatching(new RegExp(`${problem}$`))]);
});

test('follows a link to a heading of the page itself', () => {
  expect(
    brokenLinks({ file: 'docs/sample.md', text: '# A `heading`, twice?\n\n[a](#a-heading-twice) `[b](code)`' }),
  ).toEqual([]);
});

test('numbers headings that a page has twice', () => {
  expect(anchors({ file: 'docs/sample.md', text: '# Steps\n## `KEY_IN_USE`\n# Steps\n' })).toEqual([
    'steps',
    'key_in_use',
    'steps-1',
  ]);
});
