import { isTooComplex, parseJson, parseObject, toObject } from '../../../src/handler/runtime/json';

test.each([
  [{ a: 1 }, { a: 1 }],
  [null, {}],
  [undefined, {}],
  ['text', {}],
  [7, {}],
])('reads the fields of %j', (value, fields) => {
  expect(toObject(value)).toEqual(fields);
});

test.each([
  ['{"a":1}', { a: 1 }, { a: 1 }],
  ['"text"', 'text', {}],
  ['null', null, {}],
  ['', undefined, {}],
  ['{"a":', undefined, {}],
])('parses %j', (text, value, fields) => {
  expect(parseJson(text)).toEqual(value);
  expect(parseObject(text)).toEqual(fields);
});

const nest = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

test.each<[string, string, boolean]>([
  ['100 levels', nest(100), false],
  ['101 levels', nest(101), true],
  ['100 levels of objects', nest(100, '{"a":', '}'), false],
  ['101 levels of objects', nest(101, '{"a":', '}'), true],
  ['101 levels that are not closed', '['.repeat(101), true],
  ['many lists with few levels', `[${nest(99)},${nest(99)}]`, false],
  ['many objects with few levels', `[${nest(99, '{"a":', '}')},${nest(99)}]`, false],
  ['500,000 values', `[${'0,'.repeat(499_999)}0]`, false],
  ['more values', `[${'0,'.repeat(500_000)}0]`, true],
  ['many empty lists', `[${'[],'.repeat(250_000)}0]`, true],
  ['many empty objects', `[${'{},'.repeat(250_000)}0]`, true],
  ['brackets in a text', `["${'['.repeat(101)}"]`, false],
  ['brackets after an escaped quotation mark', `["\\"${'['.repeat(101)}"]`, false],
  ['brackets after an escaped backslash', `["\\\\",${nest(101)}]`, true],
  ['brackets after a text', `["",${nest(100)}]`, true],
  ['a text without an end', `["${'['.repeat(101)}`, false],
])('decides whether a text with %s is too complex', (_, text, expected) => {
  expect(isTooComplex(text)).toBe(expected);
});
