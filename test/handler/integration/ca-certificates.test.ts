import { AwsError } from '../../sandbox/aws';
import { HandlerSandbox } from '../support/handler-sandbox';
import { carryOut, GOOD, inOrder, prepare } from '../support/operations';

// what succeeds, with the runtime of Lambda: test/lifecycle/network-options.slow.test.ts
let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  sandbox.aws.buckets.createBucket('certificates');
  Object.assign(sandbox.environment, { CA_CERTIFICATES_BUCKET: 'certificates', CA_CERTIFICATES_KEY: 'acme/root.pem' });
});
afterEach(() => sandbox.close());

function putObject(text: string): void {
  sandbox.aws.buckets.bucket('certificates').objects.set('acme/root.pem', Buffer.from(text));
}

const UNUSABLE: [string, () => void, RegExp][] = [
  [
    'does not exist',
    () => {},
    new RegExp(
      String.raw`^cannot read object 's3://certificates/acme/root\.pem' of 'caCertificates': NoSuchKey: The ` +
        String.raw`specified key does not exist\. Check that the object exists, .* ` +
        String.raw`\[CA_CERTIFICATES_NOT_READABLE\]$`,
    ),
  ],
  [
    'is in a bucket that does not exist',
    () => sandbox.aws.buckets.deleteBucket('certificates'),
    /^cannot read object .*: NoSuchBucket: The specified bucket does not exist\. .* \[CA_CERTIFICATES_NOT_READABLE\]$/,
  ],
  [
    'may not be read',
    () => sandbox.deny('s3', Infinity),
    /^cannot read object .*: AccessDenied: .* Check that .* no bucket policy, .* \[CA_CERTIFICATES_NOT_READABLE\]$/,
  ],
  [
    'is not PEM',
    () => putObject('hunter2'),
    new RegExp(
      String.raw`^object 's3://certificates/acme/root\.pem' of 'caCertificates' does not contain valid CA ` +
        String.raw`certificates in PEM\. Store certificates .* \[CA_CERTIFICATES_INVALID\]$`,
    ),
  ],
  [
    'is empty',
    () => putObject(''),
    /^object '\S+' of 'caCertificates' does not contain valid .* \[CA_CERTIFICATES_INVALID\]$/,
  ],
  [
    'only looks like PEM',
    () => putObject('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'),
    /^object '\S+' of 'caCertificates' does not contain valid .* \[CA_CERTIFICATES_INVALID\]$/,
  ],
  [
    'is too large',
    () => putObject('x'.repeat(1_000_001)),
    new RegExp(
      String.raw`^object '\S+' of 'caCertificates' has 1000001 bytes, and the handler function reads 1000000\. ` +
        String.raw`Store only .*\[CA_CERTIFICATES_TOO_LARGE\]$`,
    ),
  ],
];

test.each(UNUSABLE)('fails a Create before it calls Immuta when the object with CAs %s', async (_, spoil, reason) => {
  spoil();

  expect(await carryOut(sandbox, 'Create')).toEqual({
    immuta: [],
    answers: ['FAILED none', 'SUCCESS none'],
    reason: expect.stringMatching(reason),
  });
  expect(sandbox.immutaCalls).toEqual([]);
});

test('fails an Update without changes when the object with the CAs cannot be read', async () => {
  await prepare(sandbox, 'Update');

  expect(await carryOut(sandbox, 'Update')).toEqual({
    immuta: inOrder(101, 'sales'),
    answers: ['FAILED 101', 'FAILED 101'],
    reason: expect.stringMatching(/^cannot read object .* \[CA_CERTIFICATES_NOT_READABLE\]$/),
  });
});

test('deletes without the CAs when their object cannot be read', async () => {
  await prepare(sandbox, 'Delete');

  expect(await carryOut(sandbox, 'Delete')).toEqual(GOOD.Delete);
  expect(sandbox.steps).toContain('network-not-prepared');
});

test('reads the object again when S3 is out of order for a while', async () => {
  let failures = 2;
  sandbox.aws.route('s3', async (request, next) => {
    if (failures-- > 0) throw new AwsError(503, 'SlowDown', 'Reduce your request rate.');
    return next(request);
  });
  putObject('hunter2');

  expect((await sandbox.create()).Reason).toMatch(/\[CA_CERTIFICATES_INVALID\]$/);
  expect(sandbox.steps.filter((step) => step === 'retry-aws-call')).toHaveLength(2);
});
