import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { SYNTH_MESSAGES } from '../../src/private/validation/messages';

const SOURCES = path.resolve(__dirname, '../../src');

test('throws no error without a code', () => {
  const throwing = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') &&
      !file.startsWith('handler/') &&
      /new \w*Error\(/.test(readFileSync(path.join(SOURCES, file), 'utf8')),
  );

  expect(throwing).toEqual(['private/validation/problems.ts']);
});

const ENTRIES = Object.entries(SYNTH_MESSAGES);

test.each(ENTRIES)('writes the text and the remedy of %s as sentences', (_, { text, remedy }) => {
  expect(text).not.toMatch(/[.:;,]$/);
  expect(remedy).toMatch(/^[A-Z].*[^.:;,]$/);
});
