import { findApiKey, parseCommand } from '../../live/options';
import { scripts } from '../../package.json';

const REQUIRED = [
  '--url', 'https://acme.immutacloud.com/', '--secret', 'immuta/api-key', '--bucket', 'sales',
  '--principal', 'arn:aws:iam::999988887777:role/immuta',
];

test('parses the options that are required', () => {
  expect(parseCommand(REQUIRED)).toEqual({
    yes: false,
    options: {
      url: 'https://acme.immutacloud.com',
      secret: 'immuta/api-key',
      bucket: 'sales',
      principal: 'arn:aws:iam::999988887777:role/immuta',
    },
  });
});

test('parses the other options', () => {
  const others = [
    '--yes', '--secret-field', 'key', '--external-id', 'acme', '--identity-center', 'arn',
    '--only', 'principal,durations',
  ];
  expect(parseCommand([...REQUIRED, ...others])).toMatchObject({
    yes: true,
    options: { secretField: 'key', externalId: 'acme', identityCenter: 'arn', only: ['principal', 'durations'] },
  });
});

test.each(['url', 'secret', 'bucket', 'principal'])('fails without --%s, and says how to call it', (name) => {
  const index = REQUIRED.indexOf(`--${name}`);
  const args = REQUIRED.filter((_, position) => position !== index && position !== index + 1);
  expect(() => parseCommand(args)).toThrow(new RegExp(`^'--${name}' is missing\\.\\n\\nnpm run live`));
});

test('fails when the secret is an ARN, whose account may be another one', () => {
  const secret = 'arn:aws:secretsmanager:us-east-1:999988887777:secret:immuta/api-key-AbCdEf';
  expect(() => parseCommand([...REQUIRED, '--secret', secret])).toThrow("'--secret' must be a name, got an ARN");
});

test.each(['*', '999988887777', 'immuta'])('fails when the principal %s may be more than one', (principal) => {
  expect(() => parseCommand([...REQUIRED, '--principal', principal])).toThrow(
    `'--principal' must be an ARN, got '${principal}'`,
  );
});

test('fails when an option is unknown', () => {
  expect(() => parseCommand([...REQUIRED, '--buckets', 'a'])).toThrow("Unknown option '--buckets'");
});

describe('the API key', () => {
  const { options } = parseCommand(REQUIRED);

  test('is the secret, or a field of it', () => {
    expect(findApiKey('key-1', options)).toBe('key-1');
    expect(findApiKey('{"key":"key-1"}', { ...options, secretField: 'key' })).toBe('key-1');
  });

  test.each(['key-1', '{"other":"key-1"}', undefined])('is not in an error about the secret %s', (value) => {
    expect(() => findApiKey(value, { ...options, secretField: 'key' })).toThrow(
      /^the secret 'immuta\/api-key' has no API key$/,
    );
  });
});

test('is started without a variable before the command, which the shell of Windows does not know', () => {
  expect(scripts.live).not.toMatch(/(^|\s)\w+=/);
});
