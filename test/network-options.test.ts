import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { getOnly, importedBucket, newStack, synthError, URL_OF_TENANT } from './fixture';
import { CaCertificates, HandlerFunctionOptions, ImmutaTenant } from '../src';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n';

function define(options: HandlerFunctionOptions, stack = newStack()): Stack {
  const apiKey = Secret.fromSecretNameV2(stack, 'ApiKey', 'immuta/api-key');
  new ImmutaTenant(stack, 'Immuta', { url: URL_OF_TENANT, apiKey, ...options });
  return stack;
}

function writeFile(text: string): string {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ca-')), 'ca.pem');
  fs.writeFileSync(file, text);
  return file;
}

test.each([
  ['http://lake@proxy:3128', "'proxy.url' must not contain credentials."],
  ['http://:hunter2@proxy:3128', "'proxy.url' must not contain credentials."],
  ['proxy', "'proxy.url' must look like"],
])('fails when the URL of the proxy is %s', (url, message) => {
  expect(() => define({ proxy: { url } })).toThrow(message);
});

test.each(['http://proxy:3128', 'https://proxy.acme.internal/'])('accepts the URL %s of a proxy', (url) => {
  expect(synthError(define({ proxy: { url } }))).toBe('');
});

test('adds no permission for a proxy without credentials', () => {
  const [stack, without] = [define({ proxy: { url: 'http://proxy:3128' } }), define({})];
  expect(getOnly(stack, 'AWS::IAM::Role').Properties).toEqual(getOnly(without, 'AWS::IAM::Role').Properties);
});

test('accepts the URL of a proxy that is known at deployment', () => {
  const stack = newStack();
  expect(synthError(define({ proxy: { url: new CfnParameter(stack, 'Url').valueAsString } }, stack))).toBe('');
});

test('fails when the file with CA certificates has a private key', () => {
  expect(() => define({ caCertificates: CaCertificates.fromFile(writeFile(`${CERTIFICATE}${KEY}`)) })).toThrow(
    '[CA_CERTIFICATE_FILE_INVALID]',
  );
});

test.each([lambda.Runtime.NODEJS_22_X, new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS)])(
  'accepts a proxy and CA certificates with the runtime %s',
  (runtime) => {
    const caCertificates = CaCertificates.fromFile(writeFile(CERTIFICATE));
    expect(synthError(define({ runtime, proxy: { url: 'http://proxy:3128' }, caCertificates }))).toBe('');
  },
);

test('accepts an old runtime without a proxy and CA certificates', () => {
  expect(synthError(define({ runtime: lambda.Runtime.NODEJS_20_X }))).toBe('');
});

test('lets the function decrypt nothing when the bucket with CA certificates has no key', () => {
  const stack = newStack();
  define({ caCertificates: CaCertificates.fromBucket(importedBucket(stack, 'certificates'), 'root.pem') }, stack);
  const [{ PolicyDocument }] = getOnly(stack, 'AWS::IAM::Role').Properties.Policies;
  expect(PolicyDocument.Statement).toContainEqual({
    Action: 's3:GetObject',
    Effect: 'Allow',
    Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::certificates/root.pem']] },
  });
  expect(JSON.stringify(PolicyDocument)).not.toContain('kms:');
});
