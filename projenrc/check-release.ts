/**
 * Checks what a release publishes, before anything is published:
 *
 *     tsx projenrc/check-release.ts [--dist dist] [npm pypi maven nuget golang github]
 *
 * Without names it checks everything.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';

/** Files of a release by where it publishes them. `{version}` is that of the release. */
const FILES: Record<string, string[]> = {
  npm: ['js/cdk-immuta-s3-integration@{version}.jsii.tgz'],
  pypi: [
    'python/cdk_immuta_s3_integration-{version}-py3-none-any.whl',
    'python/cdk_immuta_s3_integration-{version}.tar.gz',
  ],
  maven: ['.jar', '-sources.jar', '-javadoc.jar', '.pom'].map((end) =>
    'java/io/github/cdk-immuta-s3-integration/cdk-immuta-s3-integration/{version}/'
    + `cdk-immuta-s3-integration-{version}${end}`),
  nuget: ['dotnet/CdkImmutaS3Integration.{version}.nupkg'],
  golang: [
    ...['go.mod', 'LICENSE', 'README.md', 'version', 'main.go'],
    'jsii/cdk-immuta-s3-integration-{version}.tgz',
  ].map((file) => `go/cdkimmutas3integration/${file}`),
  github: [
    ...['changelog.md', 'releasetag.txt', 'sbom.cdx.json'],
    ...['python', 'java', 'go', 'csharp'].map((language) => `references/api-${language}.md`),
  ],
};

/** Texts that files must contain. */
const CONTENTS: Record<string, string[]> = {
  'go/cdkimmutas3integration/version': ['{version}'],
  'go/cdkimmutas3integration/go.mod': [
    'module github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration-go/cdkimmutas3integration',
  ],
  'changelog.md': ['{version}'],
  'releasetag.txt': ['v{version}'],
  'sbom.cdx.json': ['"name": "cdk-immuta-s3-integration"', '"version": "{version}"'],
  'references/api-python.md': ['ImmutaS3Integration'],
  'references/api-java.md': ['ImmutaS3Integration'],
  'references/api-go.md': ['ImmutaS3Integration'],
  'references/api-csharp.md': ['ImmutaS3Integration'],
};

/** Names of what a release consists of. */
export const PARTS = Object.keys(FILES);

/** Returns what is missing or wrong in the folder of a release. */
export function checkRelease(dist: string, version: string, parts: readonly string[] = PARTS): string[] {
  const fill = (text: string) => text.replaceAll('{version}', version);
  return parts.flatMap((part) => FILES[part]).flatMap((pattern) => {
    const file = fill(pattern);
    const location = path.join(dist, file);
    if (!fs.existsSync(location)) return [`${file} is missing`];
    const content = fs.readFileSync(location, 'utf8');
    if (content.trim() === '') return [`${file} is empty`];
    return (CONTENTS[pattern] ?? []).map(fill).filter((text) => !content.includes(text))
      .map((text) => `${file} must contain '${text}'`);
  });
}

function main(): void {
  const { values: { dist }, positionals } = parseArgs({
    options: { dist: { type: 'string', default: 'dist' } }, allowPositionals: true,
  });
  const parts = positionals.length > 0 ? positionals : PARTS;
  const version = readVersion(dist);
  const problems = checkRelease(dist, version, parts);
  problems.forEach((problem) => console.error(problem));
  console.log(`${version} for ${parts.join(', ')}: ${problems.length === 0 ? 'complete' : 'incomplete'}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** A job for one language has no `version.txt`, but a package.json of the release. */
function readVersion(dist: string): string {
  const file = path.join(dist, 'version.txt');
  return fs.existsSync(file)
    ? fs.readFileSync(file, 'utf8').trim()
    : JSON.parse(fs.readFileSync(path.join(__dirname, '../package.json'), 'utf8')).version;
}

if (require.main === module) main();
