/** Writes the bill of materials: that of npm, with the right name and with what the bundles contain. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '..');
const TARGET = path.join(ROOT, 'dist/sbom.cdx.json');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const { name, version }: Manifest = readJson(path.join(ROOT, 'package.json'));
const { tasks } = readJson(path.join(ROOT, '.projen/tasks.json'));

/** Bundles again as the task does, and returns the packages whose files are in the bundle. */
function findBundledPackages(bundle: string): Manifest[] {
  const [{ execArgs: [command, ...args] }] = tasks[`bundle:${bundle}`].steps as { execArgs: string[] }[];
  const folder = mkdtempSync(path.join(tmpdir(), 'sbom-'));
  try {
    const metafile = path.join(folder, 'meta.json');
    const options = args.filter((arg) => !arg.startsWith('--outfile='));
    const outputs = [`--outfile=${path.join(folder, 'index.js')}`, `--metafile=${metafile}`, '--log-level=error'];
    execFileSync(path.join(ROOT, 'node_modules/.bin', command), [...options, ...outputs], { cwd: ROOT });
    const inputs = Object.keys(readJson(metafile).inputs);
    const packages = inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []);
    return [...new Set(packages)].map((location) => readJson(path.join(ROOT, location, 'package.json')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Describes a bundle as a file of the package, and the packages in it. */
function describeBundle(bundle: string) {
  const file = `assets/${bundle}/index.js`;
  const content = createHash('sha256').update(readFileSync(path.join(ROOT, file))).digest('hex');
  return {
    'bom-ref': file,
    'type': 'file',
    'name': file,
    'version': version,
    'hashes': [{ alg: 'SHA-256', content }],
    'components': findBundledPackages(bundle).map((each) => ({
      'bom-ref': `${file}#${each.name}@${each.version}`,
      'type': 'library',
      'name': each.name,
      'version': each.version,
      'purl': `pkg:npm/${each.name.replace('@', '%40')}@${each.version}`,
      'licenses': each.license ? [{ license: { id: each.license } }] : [],
    })),
  };
}

const sbom = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], { cwd: ROOT, encoding: 'utf8' }),
);
const bundles = Object.keys(tasks).flatMap((task) => /^bundle:(handler\/[\w-]+\.lambda)$/.exec(task)?.[1] ?? []);
const components = bundles.map(describeBundle);
const ref = sbom.metadata.component['bom-ref'];
mkdirSync(path.dirname(TARGET), { recursive: true });
writeFileSync(TARGET, JSON.stringify({
  ...sbom,
  metadata: { ...sbom.metadata, component: { ...sbom.metadata.component, name } }, // npm takes that of the folder
  components: [...sbom.components, ...components],
  dependencies: sbom.dependencies.map((each: { ref: string; dependsOn: string[] }) =>
    each.ref === ref
      ? { ...each, dependsOn: [...each.dependsOn, ...components.map((component) => component['bom-ref'])] }
      : each,
  ),
}, undefined, 2) + '\n');
