import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { SYNTH_MESSAGES } from '../../src/private/validation/messages';

const TESTS = path.resolve(__dirname, '..');

/** The codes in the expectations of the construct side's tests: `[CODE]`, or `\[CODE\]` in a pattern. */
const EXPECTED = new Set(
  ['.', 'private', 'policies']
    .flatMap((folder) => readdirSync(path.join(TESTS, folder)).map((file) => path.join(TESTS, folder, file)))
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(?:\. |[\\'"`])\[([A-Z]+(?:_[A-Z]+)+)\\*\]/g)].map(([, code]) => code),
    ),
);

test('the tests expect each code, and no code that does not exist', () => {
  expect([...EXPECTED].sort()).toEqual(Object.keys(SYNTH_MESSAGES).sort());
});

describe.each(Object.entries(SYNTH_MESSAGES))('%s', (_, { text, remedy }) => {
  test('writes the text and the remedy of each code as sentences', () => {
    expect(text).not.toMatch(/[.:;,]$/);
    expect(remedy).toMatch(/^[A-Z].*[^.:;,]$/);
  });
});
