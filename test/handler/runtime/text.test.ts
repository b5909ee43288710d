import { cutText, isWellFormed, joinLines, removeFullStop, replaceUnsafe } from '../../../src/handler/runtime/text';

test.each([
  ['No access.', 'No access'],
  ['No access. \n', 'No access'],
  ['No access', 'No access'],
  ['No access...', 'No access...'],
  ['s3.amazonaws.com: no.', 's3.amazonaws.com: no'],
  ['One. Two', 'One. Two'],
])('removes the full stop of %j', (text, expected) => {
  expect(removeFullStop(text)).toBe(expected);
});

test.each<[string, number | undefined, string]>([
  [' one\n\t two ', undefined, 'one two'],
  ['one two', 7, 'one two'],
  ['one two', 5, 'one t…'],
  ['  one', 3, 'one'],
])('puts %j on one line of at most %p characters', (text, longest, expected) => {
  expect(joinLines(text, longest)).toBe(expected);
});

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc…'],
  ['ab😀d', 3, 'ab…'],
  ['ab😀d', 4, 'ab😀…'],
  ['😀ab', 3, '😀a…'],
])('cuts %j after %i characters, between code points', (text, longest, expected) => {
  expect(cutText(text, longest)).toBe(expected);
});

test('replaces what could deceive a reader, and keeps white space', () => {
  const unsafe = 'a\u001b[2Jb\u202ec\u200bd\u2028e\u2029f\ud83d';
  expect(replaceUnsafe(unsafe)).toBe('a?[2Jb?c?d?e?f?'.replaceAll('?', '\ufffd'));
  expect(replaceUnsafe('a\tb\nc\rd é 😀')).toBe('a\tb\nc\rd é 😀');
});

test.each([
  ['a 😀', true],
  ['half \ud83d', false],
  ['half \ude00', false],
])('knows whether %j can be sent: %p', (text, expected) => {
  expect(isWellFormed(text)).toBe(expected);
});
