import { fillPlaceholders, renderMessage } from '../../src/handler/coded-message';

test('renders the text, the remedy and the code of a message with the values of both', () => {
  const message = { text: "'prop' must be at most {max}, got {value}", remedy: 'Use {max} or less' };

  expect(renderMessage('TOO_MUCH', message, { max: 7, value: 'eight' })).toBe(
    "'prop' must be at most 7, got eight. Use 7 or less. [TOO_MUCH]",
  );
});

test('keeps a placeholder without a value', () => {
  expect(fillPlaceholders('{a}, {b} and { c }', { a: 0 })).toBe('0, {b} and { c }');
});
