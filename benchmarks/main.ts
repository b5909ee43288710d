/** Measures everything and writes docs/performance.md: `npm run bench`. It asserts nothing about what it measures. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { measureDeployment } from './deployments';
import { measureBundles, measureHttps, measurePackages } from './footprint';
import { renderPage } from './page';
import { measureProviderDeployment } from './provider/deployment';
import { assertSameTemplate } from './same-template';
import { measureSynths } from './synth';
import { defineApp, VARIANTS } from './variants';
import { node24 } from '../test/lifecycle/node-24';

const ROOT = path.resolve(__dirname, '..');
/** How long Immuta takes. The third is just longer than a time at which the function reads. */
const IMMUTA_SECONDS = [0, 20, 21, 300];

const readJson = (file: string) => JSON.parse(fs.readFileSync(path.join(ROOT, file), 'utf8'));
const versionOf = (name: string) => readJson(`node_modules/${name}/package.json`).version as string;

/** Of the default, in an app of an older `cdk init`. */
function measureBytesWithoutFlags(): number {
  const { directory, stacks: [{ template }] } = defineApp(VARIANTS.library, 1, {}).synth();
  fs.rmSync(directory, { recursive: true });
  return JSON.stringify(template).length;
}

/** One after the other, since each measures time. */
async function measureEach<T>(measure: (immutaSeconds: number) => Promise<T>): Promise<T[]> {
  const measured: T[] = [];
  for (const seconds of IMMUTA_SECONDS) {
    measured.push(await measure(seconds));
  }
  return measured;
}

async function main(): Promise<void> {
  assertSameTemplate();
  const published: Record<string, string> = readJson('benchmarks/published/package.json').dependencies;
  const node = await node24();
  const nodeVersion = execFileSync(node, ['-v'], { encoding: 'utf8' }).trim();
  const measures = {
    date: new Date().toISOString().slice(0, 10),
    versions: {
      'Node.js': `${process.version} at synth, ${nodeVersion} in the function`,
      'aws-cdk-lib': versionOf('aws-cdk-lib'),
      'constructs': versionOf('constructs'),
      ...published,
    },
    deployments: await measureEach((seconds) => measureDeployment(seconds, node)),
    providerDeployments: await measureEach(measureProviderDeployment),
    bundles: measureBundles(node),
    httpsMs: measureHttps(node),
    packages: measurePackages(published),
    synths: measureSynths(),
    bytesWithoutFlags: measureBytesWithoutFlags(),
  };
  fs.writeFileSync(path.join(ROOT, 'docs/performance.md'), renderPage(measures));
}

void main();
