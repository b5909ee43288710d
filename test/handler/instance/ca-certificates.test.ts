import { instanceState } from '../../support/access-grants-instance';
import { InstanceSandbox } from '../support/instance-sandbox';

// what else is wrong with certificates: test/handler/integration/ca-certificates.test.ts
let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

const NOT_READABLE = /^cannot read object 's3:\/\/certificates\/acme\/root\.pem' .* \[CA_CERTIFICATES_NOT_READABLE\]$/;

/** Lets the function have certificates whose object does not exist. */
function loseCertificates(): void {
  sandbox.aws.buckets.createBucket('certificates');
  Object.assign(sandbox.environment, { CA_CERTIFICATES_BUCKET: 'certificates', CA_CERTIFICATES_KEY: 'acme/root.pem' });
}

/** Requests to S3 Access Grants. */
const countGrantsCalls = () => sandbox.aws.requests.filter(({ service }) => service === 's3-control').length;

test('fails a Create before it calls S3 Access Grants when the CAs cannot be read', async () => {
  loseCertificates();

  const { Status, Reason } = await sandbox.send('Create');

  expect({ Status, Reason }).toEqual({ Status: 'FAILED', Reason: expect.stringMatching(NOT_READABLE) });
  expect(countGrantsCalls()).toBe(0);
});

test('fails an Update before it calls S3 Access Grants when the CAs cannot be read', async () => {
  await sandbox.deploy();
  const before = countGrantsCalls();
  loseCertificates();
  sandbox.tags = { team: 'data' };

  const { status, reason } = await sandbox.deploy();

  expect({ status, reason }).toEqual({ status: 'FAILED', reason: expect.stringMatching(NOT_READABLE) });
  expect(countGrantsCalls()).toBe(before);
});

test('deletes without the CAs when their object cannot be read', async () => {
  await sandbox.deploy();
  loseCertificates();

  expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });
  expect(instanceState(sandbox)).toBeUndefined();
  expect(sandbox.steps).toContain('network-not-prepared');
});
