import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { readPage, ROOT } from './pages';
import { parseErrors, renderErrorsPage } from '../../projenrc/errors-page';

const TABLE = `
export const MESSAGES = {
  // --- a heading

  /**
   * The key is wrong, revoked or of another tenant. The handler read the secret twice, so that a key which was rotated
   * in the meantime is not the cause.
   */
  KEY_REJECTED: {
    text: 'Immuta answered 401 to {request}: '
      + 'it rejects the API key in secret \\'{secret}\\'',
    remedy: 'Store a valid key, then <deploy> again',
  },
  /** One of \`Immuta's\` tests failed. */
  A_TEST_FAILED: { text: 'Immuta says: {tests}', remedy: '{hints}' },
} satisfies Record<string, CodedMessage>;
`;

describe('the page of errors', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'errors-page-'));
    ['src/handler/integration', 'src/private/validation'].forEach((folder) =>
      mkdirSync(path.join(root, folder), { recursive: true }),
    );
    writeFileSync(path.join(root, 'src/handler/integration/messages.ts'), TABLE);
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('lists each error by code, with text, cause and remedy, in lines of at most 120 columns', () => {
    const [, deployment] = renderErrorsPage(root).split(/## Errors of a deployment\n\n.*\n\n/);

    expect(deployment.split('\n\n## ')[0]).toBe(`### A_TEST_FAILED

- Text: \`Immuta says: {tests}\`
- Cause: One of \`Immuta's\` tests failed.
- Remedy: the error contains the hint of each failed [validation test](#validation-tests-of-immuta).

### KEY_REJECTED

- Text: \`Immuta answered 401 to {request}: it rejects the API key in secret '{secret}'\`
- Cause: The key is wrong, revoked or of another tenant. The handler read the secret twice, so that a key which was
  rotated in the meantime is not the cause.
- Remedy: Store a valid key, then \\<deploy> again.`);
  });

  test('fails to render the page of errors when a code is in two tables', () => {
    writeFileSync(path.join(root, 'src/private/validation/names.ts'), TABLE);
    expect(() => renderErrorsPage(root)).toThrow('got two entries of A_TEST_FAILED, KEY_REJECTED');
  });
});

test.each([
  ['has no comment', '{ A: { text: \'a\', remedy: \'b\' } }', 'must have a comment'],
  ['has no remedy', '{\n/** c */\nA: { text: \'a\' } }', 'must have a remedy'],
  ['has a text that is not literal', '{\n/** c */\nA: { text: name(), remedy: \'b\' } }', 'must have a text'],
  ['is not an object literal', '{\n/** c */\nA: entry }', 'must be an object literal'],
])('fails to render the page of errors when an entry %s', (_, table, problem) => {
  expect(() => parseErrors('table.ts', `const X = ${table} satisfies Record<string, CodedMessage>;`)).toThrow(
    `table.ts: A ${problem}`,
  );
});

test('matches docs/errors.md, which `npx projen errors` writes', () => {
  expect(readPage('docs/errors.md').text).toBe(renderErrorsPage(ROOT));
});
