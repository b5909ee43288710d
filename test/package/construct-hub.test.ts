import { readFileSync } from 'node:fs';
import * as path from 'node:path';

/**
 * Construct Hub lists a package of npm by these rules.
 *
 * @see https://github.com/cdklabs/construct-hub/blob/main/src/package-sources/npmjs/npm-js-follower.lambda.ts
 * @see https://github.com/cdklabs/construct-hub/blob/main/src/backend/ingestion/ingestion.lambda.ts
 */
const ROOT = path.resolve(__dirname, '../..');
const readJson = (file: string) => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));

const manifest = readJson('package.json');
const assembly = readJson('.jsii');

test('is found: a public jsii package with a keyword of the CDK and a framework among its peers', () => {
  expect(manifest.jsii.targets).toBeDefined();
  expect(manifest.keywords).toContain('cdk');
  expect(Object.keys(manifest.peerDependencies)).toEqual(['aws-cdk-lib', 'constructs']);
  expect(manifest.private).toBeUndefined();
  expect(manifest.publishConfig).toEqual({ access: 'public' });
});

test('has a license that Construct Hub accepts, and its text', () => {
  expect(manifest.license).toBe('Apache-2.0');
  expect(readFileSync(path.join(ROOT, 'LICENSE'), 'utf8')).toMatch(/^\s*Apache License\s+Version 2\.0/);
});

test('has an assembly that says the same as package.json', () => {
  const { name, version, license, description, keywords, repository } = assembly;
  expect({ name, version, license, description, keywords, repository }).toEqual({
    name: manifest.name,
    version: manifest.version,
    license: manifest.license,
    description: manifest.description,
    keywords: manifest.keywords,
    repository: manifest.repository,
  });
  expect(assembly.dependencies).toEqual(manifest.peerDependencies);
  expect(assembly.schema).toBe('jsii/0.10.0');
});

test('names an author and a repository that can be linked', () => {
  expect(assembly.author).toMatchObject({ name: 'The cdk-immuta-s3-integration authors', organization: true });
  expect(assembly.repository).toEqual({
    type: 'git', url: 'https://github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration.git',
  });
});

test('shows the README, and a package for each language', () => {
  expect(assembly.readme.markdown).toBe(readFileSync(path.join(ROOT, 'README.md'), 'utf8'));
  expect(Object.keys(assembly.targets).sort()).toEqual(['dotnet', 'go', 'java', 'js', 'python']);
});
