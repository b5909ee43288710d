import { codeBlocks, readPages } from './pages';
import { compileBlocks } from './snippets';

// `jsii-rosetta` compiles the blocks of the README, and translates them
const PAGES = readPages().filter(({ file }) => file !== 'README.md');

test('every TypeScript block compiles, and errors name page and line', () => {
  const text = '# Sample\n\n```ts\nnew ImmutaTenant(this, \'Immuta\', {\n  uri: \'https://acme.immutacloud.com\',\n});\n```\n';
  const errors = compileBlocks([...PAGES, { file: 'docs/sample.md', text }]);

  expect(errors).toEqual([expect.stringMatching(/^docs\/sample\.md:5: .*'uri' does not exist/)]);
}, 120_000);

test('no page has code that nothing compiles: other languages are in the examples', () => {
  const languages = PAGES.flatMap((page) => codeBlocks(page).map(({ info }) => info.split(' ')[0]));
  expect(languages).toContain('ts');
  expect(languages.filter((language) => !['ts', 'console', 'text', 'mermaid'].includes(language))).toEqual([]);
});
