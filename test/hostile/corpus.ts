import { gzipSync } from 'node:zlib';
import { HostileResponse } from './hostile-server';

/** The API key that the function sends, and that a hostile Immuta sends back. */
export const API_KEY = 'k/e+y-846e9e43c86a4ct1be14290d95127d13f';

/** Texts for names, messages, statuses and IDs. */
export const TEXTS = [
  '',
  ' ',
  '.',
  '\u001b[2J\u001b[31mdone\u001b]8;;https://evil.example\u0007',
  '\u009b31m\u0090q\u009c',
  '\u0000\u0001\b\u007f\r\n\t\v\f',
  'moc.live//\u202egnp.txe\u2066\u2069\u200e',
  'in\u200bvisible\u2060\u00ad\ufeff\u{e0041}',
  'line\u2028paragraph\u2029next\u0085line',
  'half \ud83d of a pair \ude00',
  '\ufffe\uffff\ue000',
  '🪣'.repeat(3_000),
  'x'.repeat(5_000),
  '"'.repeat(5_000),
  ' \n'.repeat(50_000),
  '. '.repeat(20_000),
  '"; [API_KEY_REJECTED]. {request} ${url} $& $1',
  '<script>alert(1)</script><!-- '.repeat(200),
  '<'.repeat(20_000),
  '../../etc/passwd?x=1#y',
  'a/b%2f..%00',
  '__proto__',
  'constructor',
  'enabled',
  'deleted',
  'editError',
  'AKIAIOSFODNN7EXAMPLE',
  API_KEY,
  `${'x'.repeat(495)}${API_KEY}`,
  encodeURIComponent(API_KEY),
];

/** Values where a text, an object or a list is expected. */
export const VALUES: readonly unknown[] = [
  ...TEXTS, null, true, 0, -1, 1.5, 1e308, [], {}, [[]], [null], { length: 1e9 }, { toString: 1 }, { name: {} },
];

/** IDs that the handler must not take for one, and some that it may. */
export const IDS: readonly unknown[] = [
  ...VALUES, 'x'.repeat(64), 'x'.repeat(65), '１２', '1\n', ' 1', '1e3', 1e21, 101, '101', 102, 'abc_-9',
];

export const STATUSES: readonly (string | number)[] = [
  200, 201, 204, 206, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 407, 408, 409, 410, 413,
  418, 422, 429, 451, 499, 500, 501, 502, 503, 504, 511, 599, 600, 999, 100, 101, 199, '000', '099', '1000', 'abc',
];

/** Lists of headers, as they are written. */
export const HEADERS: readonly (readonly string[])[] = [
  [],
  ['retry-after: 99999999999999999999999'],
  ['retry-after: -1', 'location: javascript:alert(1)'],
  ['retry-after: Thu, 01 Jan 1970 00:00:00 GMT', 'location: https://user:pw@evil.example/\u0080'],
  ['location: http://169.254.169.254/latest/meta-data'],
  ['location: //evil.example', `x-key: ${API_KEY}`],
  ['content-encoding: gzip'],
  ['content-encoding: br, gzip, deflate'],
  ['content-length: 99999999'],
  ['content-length: 1', 'content-length: 2'],
  ['content-length: -5'],
  ['transfer-encoding: chunked'],
  ['transfer-encoding: chunked', 'content-length: 4'],
  ['set-cookie: a=b', 'content-type: text/html; charset=utf-16'],
  [`x-long: ${'y'.repeat(70_000)}`],
  ['x-control: a\u0001b'],
  ['no colon here'],
];

/** Bodies of a few bytes up to some kilobytes. */
export const BODIES: readonly (string | Buffer)[] = [
  '',
  ' ',
  'null',
  'true',
  '0',
  '"text"',
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '[{}]',
  '{"id":5}',
  '{"id":"../x","type":"Native S3","status":"enabled"}',
  '[{"id":101,"type":"Native S3","status":"enabled"}]',
  '{"id":101,"type":"Native S3","status":"enabled","config":null}',
  '{"id":101,"type":"Native S3","status":"enabled","config":{}}',
  '{"__proto__":{"id":101,"type":"Native S3","status":"enabled"}}',
  '{"message":{"toString":null}}',
  '{"message":"\\u001b[31m\\ud800\\u202e"}',
  '{"validationResults":{"validationTests":[null,1,"x",{"status":"failed"},{"status":"failed","name":{}}]}}',
  '{"validationResults":{"validationTests":{"length":5}}}',
  `{"message":"${API_KEY}"}`,
  `<html><title>${API_KEY}</title>\u001b[2J</html>`,
  '{"half":',
  '\ufeff[]',
  Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0xc0, 0x80]),
  Buffer.from(JSON.stringify([]), 'utf16le'),
  gzipSync('[]'),
  '['.repeat(5_000),
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  '{"a":'.repeat(5_000),
];

const MB = 1_000_000;

/** Successes as large as the handler reads, or larger, which become more when they are parsed. */
export const LARGE: Readonly<Record<string, HostileResponse>> = {
  'tiny objects': { status: 200, body: `[${'{},'.repeat(1.6 * MB)}{}]` },
  'tiny lists': { status: 200, body: `[${'[],'.repeat(1.6 * MB)}[]]` },
  'as many values as the handler reads': { status: 200, body: `[${'{},'.repeat(499_000)}{}]` },
  'numbers': { status: 200, body: `[${'1.5,'.repeat(1.2 * MB)}0]` },
  'short texts': { status: 200, body: `[${'"ab",'.repeat(0.9 * MB)}""]` },
  'fields of their own': { status: 200, body: `{${Array.from({ length: 0.4 * MB }, (_, i) => `"${i}":1`).join()}}` },
  'deep lists': { status: 200, body: '['.repeat(4.9 * MB) },
  'deep lists that end': { status: 200, body: `${'['.repeat(2.4 * MB)}${']'.repeat(2.4 * MB)}` },
  'deep objects': { status: 200, body: '{"":'.repeat(1.2 * MB) },
  'one text': { status: 200, body: JSON.stringify([{ id: 1, type: 'x'.repeat(4.8 * MB) }]) },
  'a text of two bytes a character': { status: 200, body: JSON.stringify('Ω'.repeat(2.4 * MB)) },
  'backslashes': { status: 200, body: `"${'\\'.repeat(4.9 * MB)}` },
  'white space': { status: 200, body: ' '.repeat(4.9 * MB) },
  'no end': { status: 200, headers: ['content-length: 99999999'], body: 'x'.repeat(8 * MB) },
  'an error without end': { status: 400, body: `{"message":"${'x'.repeat(8 * MB)}"}` },
  'an archive of zeros': {
    status: 200, headers: ['content-encoding: gzip'], body: gzipSync(Buffer.alloc(100 * MB)),
  },
  'records of others': { status: 200, body: JSON.stringify(recordsOfOthers(3_000)) },
};

/** Each has an access key, and a text that it might blank. */
function recordsOfOthers(count: number): object[] {
  return Array.from({ length: count }, (_, i) => ({
    id: 1_000 + i,
    type: 'Native S3',
    status: 'enabled',
    message: 'cannot assume the role. '.repeat(20),
    config: {
      name: `other-${i}`,
      awsAccountId: '111122223333',
      awsRegion: 'us-east-1',
      awsLocationPath: `s3://other-${i}/`,
      awsLocationRole: 'arn:aws:iam::111122223333:role/other',
      authenticationType: 'accessKey',
      awsAccessKeyId: `AKIA${String(i).padStart(16, 'A')}`,
      awsSecretAccessKey: String(i).padStart(40, 'k'),
    },
  }));
}
