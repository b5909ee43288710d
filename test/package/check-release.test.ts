import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parse } from 'yaml';
import { checkRelease, PARTS } from '../../projenrc/check-release';

const JAVA = 'java/io/github/cdk-immuta-s3-integration/cdk-immuta-s3-integration/1.2.3/cdk-immuta-s3-integration-1.2.3';
const RELEASE: Record<string, string> = {
  'js/cdk-immuta-s3-integration@1.2.3.jsii.tgz': 'package',
  'python/cdk_immuta_s3_integration-1.2.3-py3-none-any.whl': 'package',
  'python/cdk_immuta_s3_integration-1.2.3.tar.gz': 'package',
  [`${JAVA}.jar`]: 'package',
  [`${JAVA}-sources.jar`]: 'package',
  [`${JAVA}-javadoc.jar`]: 'package',
  [`${JAVA}.pom`]: 'package',
  'dotnet/CdkImmutaS3Integration.1.2.3.nupkg': 'package',
  'go/cdkimmutas3integration/go.mod':
    'module github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration-go/cdkimmutas3integration\n',
  'go/cdkimmutas3integration/LICENSE': 'Apache',
  'go/cdkimmutas3integration/README.md': 'readme',
  'go/cdkimmutas3integration/version': '1.2.3\n',
  'go/cdkimmutas3integration/main.go': 'package cdkimmutas3integration',
  'go/cdkimmutas3integration/jsii/cdk-immuta-s3-integration-1.2.3.tgz': 'package',
  'changelog.md': '## 1.2.3 (2026-11-26)',
  'releasetag.txt': 'v1.2.3',
  'sbom.cdx.json': '{ "name": "cdk-immuta-s3-integration", "version": "1.2.3" }',
  'references/api-python.md': '### ImmutaS3Integration',
  'references/api-java.md': '### ImmutaS3Integration',
  'references/api-go.md': '### ImmutaS3Integration',
  'references/api-csharp.md': '### ImmutaS3Integration',
};

let dist: string;
beforeEach(() => {
  dist = mkdtempSync(path.join(tmpdir(), 'dist-'));
  Object.entries(RELEASE).forEach(([file, content]) => write(file, content));
});
afterEach(() => rmSync(dist, { recursive: true }));

function write(file: string, content: string): void {
  mkdirSync(path.dirname(path.join(dist, file)), { recursive: true });
  writeFileSync(path.join(dist, file), content);
}

test('accepts a complete release', () => {
  expect(checkRelease(dist, '1.2.3')).toEqual([]);
});

test.each(Object.keys(RELEASE))('reports that %s is missing', (file) => {
  rmSync(path.join(dist, file));
  expect(checkRelease(dist, '1.2.3')).toEqual([`${file} is missing`]);
});

test.each(Object.keys(RELEASE))('reports that %s is empty', (file) => {
  write(file, '\n');
  expect(checkRelease(dist, '1.2.3')).toEqual([`${file} is empty`]);
});

test.each([
  ['changelog.md', '## 1.2.2', "must contain '1.2.3'"],
  ['releasetag.txt', '1.2.3', "must contain 'v1.2.3'"],
  ['sbom.cdx.json', RELEASE['sbom.cdx.json'].replace('1.2.3', '0.0.0'), "must contain '\"version\": \"1.2.3\"'"],
  ['go/cdkimmutas3integration/version', '0.0.0', "must contain '1.2.3'"],
  ['references/api-go.md', '# API Reference', "must contain 'ImmutaS3Integration'"],
])('reports that %s is not of this release', (file, content, problem) => {
  write(file, content);
  expect(checkRelease(dist, '1.2.3')).toEqual([`${file} ${problem}`]);
});

test('reports packages of another version', () => {
  expect(checkRelease(dist, '1.2.4', ['npm', 'pypi'])).toEqual([
    'js/cdk-immuta-s3-integration@1.2.4.jsii.tgz is missing',
    'python/cdk_immuta_s3_integration-1.2.4-py3-none-any.whl is missing',
    'python/cdk_immuta_s3_integration-1.2.4.tar.gz is missing',
  ]);
});

test('the workflow checks each package before it publishes any', () => {
  const { jobs } = parse(readFileSync(path.resolve(__dirname, '../../.github/workflows/release.yml'), 'utf8'));
  const commands = (job: string) => jobs[job].steps.map(({ run = '' }) => run).join('\n');
  const checked = (job: string) => commands(job).match(/check-release\.ts .*/)?.[0];

  expect(PARTS.filter((part) => part !== 'github').map((part) => checked(`package_${part}`))).toEqual([
    'check-release.ts --dist ../dist npm',
    'check-release.ts --dist ../dist pypi',
    'check-release.ts --dist ../dist maven',
    'check-release.ts --dist ../dist nuget',
    'check-release.ts --dist ../dist golang',
  ]);
  expect(checked('release')).toBe('check-release.ts npm github');
});

test('npm and PyPI publish with provenance, as trusted publishers', () => {
  const { jobs } = parse(readFileSync(path.resolve(__dirname, '../../.github/workflows/release.yml'), 'utf8'));
  const npm = jobs.release_npm.steps.find(({ name }: { name: string }) => name === 'Release');
  expect(npm.run).toContain('npm publish ./dist/js/*.tgz --access public --provenance');
  expect(npm.env).toEqual({ DRY_RUN: '${{ inputs.dry_run }}' }); // no token
  const pypi = jobs.release_pypi.steps.find(({ name }: { name: string }) => name === 'Release');
  expect(pypi.uses).toMatch(/^pypa\/gh-action-pypi-publish@/);
  expect(pypi.with).toEqual({ 'packages-dir': 'dist/python', 'skip-existing': true }); // attestations are its default
  expect(jobs.release_npm.permissions['id-token']).toBe('write');
  expect(jobs.release_pypi.permissions['id-token']).toBe('write');
});
