import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { AddressInfo } from 'node:net';
import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { generate } from 'selfsigned';
import { failure, lake, leftovers, NOTHING, STACK_NAME, tenantOf, useSandbox } from './fixture';
import { deployInstance, leftovers as instanceLeftovers, STACK_NAME as INSTANCE_STACK } from './instance/fixture';
import { node24 } from './node-24';
import { CaCertificates, HandlerFunctionOptions, HandlerProxy } from '../../src';
import { StackResult } from '../sandbox/cloudformation';
import { LocalProxy } from '../support/proxy';

// what the runtime of Lambda has, and the machine's Node may not
const sandbox = useSandbox(node24);

/** Deploys an integration with options of the function. */
function deploy(
  options: (stack: Stack) => HandlerFunctionOptions,
  change?: (stack: Stack) => void,
): Promise<StackResult> {
  return sandbox.current.deploy(lake(sandbox.current, { tenantOptions: options, and: change }));
}

async function expectGood(result: StackResult): Promise<void> {
  expect(failure(result)).toBeUndefined();
  expect(result.status).toBe('CREATE_COMPLETE');
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
}

function expectFailure(result: StackResult, reason: RegExp): void {
  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(reason);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
}

function readCa(): string {
  return readFileSync(sandbox.current.immuta.caFile, 'utf8');
}

/** Takes the trust in Immuta's private CA that the sandbox gives every function. */
const distrust = (stack: Stack) => void tenantOf(stack).handler.addEnvironment('NODE_EXTRA_CA_CERTS', '');

describe('a tenant with a certificate of a private CA', () => {
  test('fails the deployment with the option to set when the function does not trust the CA', async () => {
    expectFailure(
      await deploy(() => ({}), distrust),
      new RegExp(
        String.raw`the certificate of Immuta at https:\S+ is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT: ` +
          String.raw`.*'caCertificates'.* \[CERTIFICATE_NOT_TRUSTED\]`,
      ),
    );
  });

  test('reaches a tenant with a private CA when a secret contains the CA', async () => {
    sandbox.current.aws.secrets.createSecret('ca', readCa());
    await expectGood(await deploy((stack) => ({
      caCertificates: CaCertificates.fromSecret(Secret.fromSecretNameV2(stack, 'Ca', 'ca')),
    }), distrust));
  });

  test('reaches a tenant with a private CA when a field of a secret contains the CA among others', async () => {
    const other = await generate([{ name: 'commonName', value: 'other' }], { keyType: 'ec' });
    sandbox.current.aws.secrets.createSecret('ca', JSON.stringify({ pem: `${other.cert}\n${readCa()}` }));
    await expectGood(await deploy((stack) => ({
      caCertificates: CaCertificates.fromSecret(Secret.fromSecretNameV2(stack, 'Ca', 'ca'), 'pem'),
    }), distrust));
  });

  const fromBucket = (stack: Stack) => ({
    caCertificates: CaCertificates.fromBucket(Bucket.fromBucketName(stack, 'Cas', 'certificates'), 'acme/root.pem'),
  });

  test.each(['us-east-1', 'eu-central-1'])('reaches a tenant when an object in %s contains its CA', async (region) => {
    const { objects } = sandbox.current.aws.buckets.createBucket('certificates', { region });
    objects.set('acme/root.pem', Buffer.from(readCa()));
    objects.set('acme/other.pem', Buffer.from('hunter2'));
    await expectGood(await deploy(fromBucket, distrust));
    const { authorizations } = sandbox.current.aws.iam;
    expect(authorizations.filter(({ action }) => action === 's3:GetObject').length).toBeGreaterThan(0);
  });

  test('fails the deployment with the option to set when the object of the CA is missing', async () => {
    sandbox.current.aws.buckets.createBucket('certificates');
    expectFailure(
      await deploy(fromBucket, distrust),
      // S3 does not tell a function that may not list the bucket
      new RegExp(
        String.raw`cannot read object 's3://certificates/acme/root\.pem' of 'caCertificates': AccessDenied: ` +
          String.raw`.*Check that the object exists`,
      ),
    );
  });

  test('reaches a tenant with a private CA when a file contains the CA', async () => {
    await expectGood(await deploy(() => ({ caCertificates: CaCertificates.fromFile(sandbox.current.immuta.caFile) })));
  });

  test('fails the deployment when the secret contains no certificates', async () => {
    sandbox.current.aws.secrets.createSecret('ca', 'hunter2');
    expectFailure(
      await deploy((stack) => ({
        caCertificates: CaCertificates.fromSecret(Secret.fromSecretNameV2(stack, 'Ca', 'ca')),
      })),
      new RegExp(
        String.raw`secret 'arn:\S+:secret:ca\S*' of 'caCertificates' does not contain valid CA certificates in ` +
          String.raw`PEM\. .*\. \[CA_CERTIFICATES_INVALID\]`,
      ),
    );
  });
});

test('fails the deployment and says so when the certificate has expired', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    notBeforeDate: new Date('2020-01-01'),
    notAfterDate: new Date('2020-02-01'),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  const server = createServer({ key, cert }, (_, response) => response.end('[]'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  sandbox.current.aws.secrets.createSecret('ca', cert);

  const result = await sandbox.current.deploy(lake(sandbox.current, {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tenantOptions: (stack) => ({
      caCertificates: CaCertificates.fromSecret(Secret.fromSecretNameV2(stack, 'Ca', 'ca')),
    }),
  }));
  server.close();

  expectFailure(result, new RegExp(
    String.raw`the certificate of Immuta at \S+ is not trusted: CERT_HAS_EXPIRED: .*has expired, or names another`,
  ));
});

describe('a proxy', () => {
  let proxy: LocalProxy;
  afterEach(() => proxy.close());

  const credentialsIn = (stack: Stack): HandlerProxy => ({
    url: proxy.url, credentials: Secret.fromSecretNameV2(stack, 'Proxy', 'proxy'),
  });

  test('sends every request to Immuta, AWS and the response URL through the proxy', async () => {
    proxy = await LocalProxy.start();
    await expectGood(await deploy(() => ({ proxy: { url: proxy.url } })));

    const { immuta, responses, aws } = sandbox.current;
    const tunnels = proxy.passed.filter((line) => line === `CONNECT ${new URL(immuta.url).host}`);
    expect(tunnels).toHaveLength(immuta.requests.length);
    expect(proxy.passed.filter((line) => line.startsWith('PUT '))).toHaveLength(responses.answers.length);
    expect(proxy.passed).toContain(`POST ${aws.env.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? aws.env.AWS_ENDPOINT_URL}/`);
    const ofAws = proxy.passed.filter((line) => line.includes(`:${new URL(aws.env.AWS_ENDPOINT_URL).port}/`));
    expect(ofAws).toHaveLength(aws.requests.length);
  });

  test('sends the requests of an instance through the proxy', async () => {
    proxy = await LocalProxy.start();
    const { status } = await deployInstance(sandbox.current, { proxy: { url: proxy.url } });
    expect(status).toBe('CREATE_COMPLETE');
    await sandbox.current.destroy(INSTANCE_STACK);
    expect(instanceLeftovers(sandbox.current)).toEqual(NOTHING);
    expect(proxy.passed.filter((line) => /accessgrantsinstance/.test(line)).length).toBeGreaterThan(2);
  });

  test('gives the proxy the credentials of the secret, which appear nowhere else', async () => {
    proxy = await LocalProxy.start({ credentials: 'proxy-user-7:p@ss/w0rd' });
    const secret = JSON.stringify({ username: 'proxy-user-7', password: 'p@ss/w0rd' });
    sandbox.current.aws.secrets.createSecret('proxy', secret);
    await expectGood(await deploy((stack) => ({ proxy: credentialsIn(stack) })));
    expect(proxy.passed.length).toBeGreaterThan(5);
    expect(proxy.refused).toBe(0);
    expect(JSON.stringify(sandbox.current.written())).not.toContain('p@ss/w0rd');
  });

  test('fails the deployment with host and option when the proxy forbids Immuta', async () => {
    const host = new URL(sandbox.current.immuta.url).host;
    proxy = await LocalProxy.start({ forbidden: host });
    expectFailure(
      await deploy(() => ({ proxy: { url: proxy.url } })),
      new RegExp(
        String.raw`the proxy refused the connection to Immuta at https:\S+: ERR_PROXY_TUNNEL: .*403 ` +
          String.raw`Forbidden.*'proxy'.*\[PROXY_REFUSED\]`,
      ),
    );
  });

  test.each([
    ['no', () => ({ proxy: { url: proxy.url } })],
    ['wrong', (stack: Stack) => ({ proxy: credentialsIn(stack) })],
  ])('writes the remedy to the log when the proxy refuses the response URL with %s credentials', async (_, options) => {
    proxy = await LocalProxy.start({ credentials: 'proxy-user-7:right-password' });
    const secret = JSON.stringify({ username: 'proxy-user-7', password: 'wrong-password' });
    sandbox.current.aws.secrets.createSecret('proxy', secret);
    const result = await deploy(options);

    expect(result.status).toBe('ROLLBACK_FAILED');
    expect(proxy.passed).toEqual([]);
    const { processes } = sandbox.current.written();
    expect(processes).toMatch(/"response-not-delivered","message":"CloudFormation waits .*'proxy'".*"code":407/);
    expect(processes).toMatch(/the proxy refused the connection to .*\[PROXY_REFUSED\]/);
  });
});
