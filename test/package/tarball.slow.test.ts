import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { Sandbox, SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET } from '../sandbox/sandbox';

const ROOT = path.resolve(__dirname, '../..');

/** What the package may hold, and nothing else. */
const ALLOWED = [
  /^(\.jsii|LICENSE|README\.md|package\.json)$/,
  /^assets\/handler\/(integration|access-grants-instance)\.lambda\/index\.js$/,
  /^lib\/[\w-]+\.(js|d\.ts)$/,
  /^lib\/private\/([\w-]+\/)?[\w-]+\.(js|d\.ts)$/,
  /^lib\/handler\/(contract|coded-message)\.(js|d\.ts)$/,
];
const REQUIRED = [
  '.jsii',
  'LICENSE',
  'README.md',
  'assets/handler/access-grants-instance.lambda/index.js',
  'assets/handler/integration.lambda/index.js',
  'lib/index.d.ts',
  'lib/index.js',
  'package.json',
];
const MOST_BYTES = 1_250_000;
const MOST_PACKED_BYTES = 250_000;
const MOST_BUNDLE_BYTES = 150_000;

/** An app as a user writes it, in plain JavaScript so that nothing but Node is needed. */
const APP = `
const { App, Stack } = require('aws-cdk-lib');
const { ArnPrincipal } = require('aws-cdk-lib/aws-iam');
const { Bucket } = require('aws-cdk-lib/aws-s3');
const { Secret } = require('aws-cdk-lib/aws-secretsmanager');
const { ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } = require('cdk-immuta-s3-integration');

const { url, secretName, bucketName, principal } = JSON.parse(process.env.SETTINGS);
const app = new App({ outdir: 'cdk.out' });
const stack = new Stack(app, 'Installed');
new ImmutaS3Integration(stack, 'Lake', {
  tenant: new ImmutaTenant(stack, 'Immuta', { url, apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', secretName) }),
  location: S3Location.bucket(Bucket.fromBucketName(stack, 'Bucket', bucketName)),
  authentication: ImmutaAuthentication.assumeRole({ principal: new ArnPrincipal(principal) }),
});
app.synth();
`;

describe('the package', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'package-'));
  let tarball: string;
  let packedBytes: number;
  let files: { path: string; size: number }[];

  beforeAll(() => {
    const [packed] = JSON.parse(npm(ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder));
    tarball = path.join(folder, packed.filename);
    packedBytes = packed.size;
    files = packed.files;
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('packs the required files and no other', () => {
    const names = files.map((file) => file.path);
    expect(names.filter((name) => !ALLOWED.some((allowed) => allowed.test(name)))).toEqual([]);
    expect(REQUIRED.filter((name) => !names.includes(name))).toEqual([]);
  });

  test('packs at most 1.25 MB into 250 KB', () => {
    expect(packedBytes).toBeLessThan(MOST_PACKED_BYTES);
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(MOST_BYTES);
    expect(
      files.filter(({ path: name, size }) => name.endsWith('.lambda/index.js') && size >= MOST_BUNDLE_BYTES),
    ).toEqual([]);
  });

  test('installs without a dependency besides the CDK', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    expect(dependencies ?? {}).toEqual({});
    expect(Object.keys(peerDependencies)).toEqual(['aws-cdk-lib', 'constructs']);
  });

  test('synthesizes in an empty app from the package, whose function creates and deletes an integration', async () => {
    const app = path.join(folder, 'app');
    mkdirSync(app);
    writeFileSync(path.join(app, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', private: true }));
    writeFileSync(path.join(app, 'app.js'), APP);
    // the CDK is the repository's own, so that nothing is downloaded
    npm(
      app,
      'install',
      '--offline',
      '--no-audit',
      '--no-fund',
      '--install-links=false',
      tarball,
      path.join(ROOT, 'node_modules/aws-cdk-lib'),
      path.join(ROOT, 'node_modules/constructs'),
    );

    const sandbox = await Sandbox.start();
    try {
      const settings = {
        url: sandbox.immuta.url,
        secretName: SANDBOX_API_KEY_SECRET,
        bucketName: SANDBOX_BUCKET,
        principal: sandbox.immuta.identity.principal,
      };
      execFileSync(process.execPath, ['app.js'], {
        cwd: app,
        env: { ...process.env, SETTINGS: JSON.stringify(settings) },
      });
      const assembly = new CloudAssembly(path.join(app, 'cdk.out'));

      const deployed = await sandbox.deployAssembly(assembly, 'Installed');
      expect(deployed.status).toBe('CREATE_COMPLETE');
      expect([...sandbox.immuta.integrations.values()].map(({ status }) => status)).toEqual(['enabled']);

      const destroyed = await sandbox.destroy('Installed');
      expect(destroyed.status).toBe('DELETE_COMPLETE');
      expect(sandbox.immuta.integrations.size).toBe(0);
    } finally {
      await sandbox.close();
    }
  });
});

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
