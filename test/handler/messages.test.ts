import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { MESSAGES } from '../../src/handler/messages';

const ROOT = path.resolve(__dirname, '../..');

function readSources(folder: string, suffix: string): { readonly file: string; readonly text: string }[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(suffix))
    .map((file) => ({ file: path.join(folder, file), text: readFileSync(path.join(ROOT, folder, file), 'utf8') }));
}

test.each(readSources('src/handler', '.ts'))('throws nothing without a code in $file', ({ text }) => {
  const thrown = [...text.matchAll(/new (\w*Error)\b|extends (Error)\b/g)].map(([match]) => match);
  // what ends a run, or the attempts of a call within a file, and the class of failures itself
  const known = /class (OutOfTime|NothingToChange|Failure) extends Error/.test(text) ? ['extends Error'] : [];

  expect(thrown).toEqual(known);
});

test.each(Object.entries(MESSAGES))('writes the text and the remedy of %s as sentences', (_, { text, remedy }) => {
  expect(text).toMatch(/[^.:;,]$/);
  expect(remedy).toMatch(/^([A-Z].*[^.:;,]|\{hints?\})$/);
});
