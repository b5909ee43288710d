import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

/** The handler's texts, with what is concatenated in the code put together. */
const TEXTS = readdirSync(path.join(ROOT, 'src/handler'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(path.join(ROOT, 'src/handler', file), 'utf8'))
  .join('\n')
  .replace(/['`]\s*\+ ['`]/g, '')
  .replace(/\\'/g, '\'');

const page = readFileSync(path.join(ROOT, 'docs/errors.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));
/** What docs/errors.md says that a reason holds, without what varies. */
const fragments = rows.flatMap((row) => [...row.split(' | ')[0].matchAll(/`([^`]*)`/g)])
  .flatMap(([, text]) => text.split(/…|'…'|\d{3}/))
  .map((fragment) => fragment.replace(/^'|'$/g, '').replace(/[:,]? *$/, '').trim())
  .filter((fragment) => fragment.length > 12 && !fragment.startsWith('CloudFormation did not receive'));

test('docs/errors.md has the texts in a table', () => {
  expect(fragments.length).toBeGreaterThan(30);
});

test.each(fragments)('the handler says: %s', (fragment) => {
  expect(TEXTS).toContain(fragment);
});
