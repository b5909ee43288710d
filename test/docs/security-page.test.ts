import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { readPage, ROOT } from './pages';

const { text } = readPage('docs/security.md');

/** The rows of the tables of threats, without their heads. */
const ROWS = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (could|role|---)/.test(line))
  .map((line) => ({ line, threat: line.split(' | ')[0].slice(2) }));

const PROOF = /\[`([^`]+)`\]\(\.\.\/(test\/[\w./-]+\.test\.ts)\) \|$/;

test('finds the threats on the page about security', () => {
  expect(ROWS.length).toBeGreaterThan(35);
});

test.each(ROWS)('finds the test that the page about security names for: $threat', ({ line }) => {
  const [, title = '', file = ''] = PROOF.exec(line) ?? [];
  expect(file).not.toBe('');
  const source = readFileSync(path.join(ROOT, file), 'utf8').replaceAll("\\'", "'");
  const isTitle = ['\'', '"', '`'].some((quote) => source.includes(`${quote}${title}`));
  expect({ title, file, isTitle }).toEqual({ title, file, isTitle: true });
});
