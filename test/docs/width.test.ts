import { readPages } from './pages';

const WIDTH = 120;

/** A row of a table and the definition of a link cannot be wrapped. */
const UNBREAKABLE = /^\s*\||^\[[^\]]+\]: /;

test.each(readPages())('has at most 120 columns in each line of $file', ({ text }) => {
  expect(text.split('\n').filter((line) => line.length > WIDTH && !UNBREAKABLE.test(line))).toEqual([]);
});
