import { generate } from 'selfsigned';
import { readCertificates } from '../../../src/handler/aws/ca-certificates';
import { createAwsTools } from '../support/aws-tools';
import { HandlerSandbox } from '../support/handler-sandbox';

// what a failure does to an operation: ../integration/ca-certificates.test.ts
const generated = Promise.all(['one', 'two'].map((value) => generate([{ name: 'commonName', value }])));
let certificates: string[];
let sandbox: HandlerSandbox;
beforeEach(async () => {
  certificates = (await generated).map(({ cert }) => cert.trim());
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:acme/ca';
const FROM_SECRET = { CA_CERTIFICATES_SECRET_ARN: SECRET_ARN };
const FROM_FIELD = { ...FROM_SECRET, CA_CERTIFICATES_FIELD: 'pem' };
const FROM_BUCKET = { CA_CERTIFICATES_BUCKET: 'certificates', CA_CERTIFICATES_KEY: 'acme/root.pem' };

function read(environment: Record<string, string>): Promise<string[] | undefined> {
  const { deadline, log } = createAwsTools(sandbox.clock);
  return readCertificates(environment, { deadline, log });
}

function putObject(text: string): void {
  sandbox.aws.buckets.createBucket('certificates').objects.set('acme/root.pem', Buffer.from(text));
}

test('has no certificates of its own', async () => {
  expect(await read({})).toBeUndefined();
  expect(sandbox.aws.requests).toEqual([]);
});

test('reads each certificate of a secret, and leaves out what is between them', async () => {
  sandbox.aws.secrets.createSecret('acme/ca', `# Acme\n${certificates.join('\n# the second\n')}\n`);

  expect(await read(FROM_SECRET)).toEqual(certificates);
});

test('reads the certificates of a field of a secret', async () => {
  sandbox.aws.secrets.createSecret('acme/ca', JSON.stringify({ pem: certificates[0] }));

  expect(await read(FROM_FIELD)).toEqual([certificates[0]]);
});

test('reads the certificates of an object', async () => {
  putObject(certificates.join('\n'));

  expect(await read(FROM_BUCKET)).toEqual(certificates);
});

test('reads an object of a bucket in another Region', async () => {
  const { objects } = sandbox.aws.buckets.createBucket('certificates', { region: 'eu-west-1' });
  objects.set('acme/root.pem', Buffer.from(certificates[0]));

  expect(await read(FROM_BUCKET)).toEqual([certificates[0]]);
});

test('reads a file of the greatest size', async () => {
  const [certificate] = certificates;
  putObject(certificate + '\n'.repeat(1_000_000 - certificate.length));

  expect(await read(FROM_BUCKET)).toEqual([certificate]);
});

test('names the object when S3 stays out of order', async () => {
  sandbox.failAws('s3', 503, 'SlowDown', 'Reduce your request rate.');

  await expect(read(FROM_BUCKET)).rejects.toThrow(
    "Amazon S3 failed to process GetObject of object 's3://certificates/acme/root.pem': SlowDown: ",
  );
});

test.each<[string, Record<string, string>, (text: string) => void, string]>([
  ['a secret', FROM_SECRET, (text) => sandbox.aws.secrets.createSecret('acme/ca', text), `secret '${SECRET_ARN}'`],
  ['an object', FROM_BUCKET, putObject, "object 's3://certificates/acme/root.pem'"],
])('fails when one certificate of %s is none', async (_, environment, store, source) => {
  store(`${certificates[0]}\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`);

  await expect(read(environment)).rejects.toThrow(
    `${source} of 'caCertificates' does not contain valid CA certificates in PEM. `,
  );
});
