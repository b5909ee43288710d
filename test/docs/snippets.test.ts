import { codeBlocks, readPages } from './pages';
import { compileBlocks } from './snippets';

// `jsii-rosetta` compiles the blocks of the README, and translates them
const PAGES = readPages().filter(({ file }) => file !== 'README.md');

/** Languages of a page that `npm run test:languages` follows. */
const TRANSLATED = ['python', 'java', 'xml', 'go', 'csharp'];

test('compiles every TypeScript block and names page and line of errors', () => {
  const text =
    "# Sample\n\n```ts\nnew ImmutaTenant(this, 'Immuta', {\n  uri: 'https://acme.immutacloud.com',\n});\n```\n";
  const errors = compileBlocks([...PAGES, { file: 'docs/sample.md', text }]);

  expect(errors).toEqual([expect.stringMatching(/^docs\/sample\.md:5: .*'uri' does not exist/)]);
}, 120_000);

test('has no block of code that CI does not compile', () => {
  const known = ['ts', 'console', ...TRANSLATED, 'text', 'mermaid'];
  const languages = PAGES.flatMap((page) => codeBlocks(page).map(({ info }) => info.split(' ')[0]));
  expect(languages).toContain('ts');
  expect(languages.filter((language) => !known.includes(language))).toEqual([]);
});

test.each(TRANSLATED)('has %s only where `npm run test:languages` runs it', (language) => {
  const pages = PAGES.filter((page) => codeBlocks(page).some(({ info }) => info === language));
  expect(pages.map(({ file }) => file)).toEqual(['docs/guides/get-started.md']);
});
