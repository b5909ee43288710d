import { Redaction } from '../../../src/handler/runtime/redaction';

function createRedaction(...secrets: string[]): Redaction {
  const redaction = new Redaction();
  secrets.forEach((secret) => redaction.remember(secret));
  return redaction;
}

test('redacts nothing before it knows a secret', () => {
  expect(createRedaction('').redact('text')).toBe('text');
});

test('redacts nothing for an empty secret', () => {
  expect(createRedaction('', 'secret').redact('a secret')).toBe('a [redacted]');
});

test('redacts a secret with any characters, in each of its forms', () => {
  const secret = 'a/b"c$&(.*)[x]\\d|e';

  expect(
    createRedaction(secret).redact(`${secret} ${JSON.stringify(secret)} ${encodeURIComponent(secret)} a/b`),
  ).toBe('[redacted] "[redacted]" [redacted] a/b');
});

test.each([
  ['HTML', 'k&#x2F;e&#43;y&amp;z&#61;'],
  ['HTML with other digits', 'k&#x2f;e&#x2B;y&#38;z&#x3d;'],
  ['JSON with Unicode escapes', String.raw`k\/e\u002By\u0026z\u003d`],
  ['a URL in lower case', 'k%2fe%2by%26z%3d'],
])('redacts a secret as %s writes it', (_, form) => {
  expect(createRedaction('k/e+y&z=').redact(`<b>${form}</b>`)).toBe('<b>[redacted]</b>');
});

test('redacts a secret with a tab as JSON writes it', () => {
  expect(createRedaction('a\tb').redact(String.raw`"a\tb"`)).toBe('"[redacted]"');
});

test('redacts the longer of two secrets of which one is the beginning of the other', () => {
  expect(createRedaction('secret-1', 'secret-12').redact('secret-12 secret-1')).toBe('[redacted] [redacted]');
});

test('redacts a secret that is remembered after another text was redacted', () => {
  const redaction = createRedaction('first');
  redaction.redact('first');
  redaction.remember('second');

  expect(redaction.redact('first second')).toBe('[redacted] [redacted]');
});

test('redacts a secret that has half a character', () => {
  expect(createRedaction('key-\ud83d-1').redact('a key-\ud83d-1')).toBe('a [redacted]');
});

test('keeps an access key ID that is disclosed', () => {
  const redaction = createRedaction('AKIAIOSFODNN7EXAMPLE', 'other');
  redaction.redact('');
  redaction.disclose('AKIAIOSFODNN7EXAMPLE');

  expect(redaction.redact('AKIAIOSFODNN7EXAMPLE other')).toBe('AKIAIOSFODNN7EXAMPLE [redacted]');
});
