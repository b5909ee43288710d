import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { median } from './statistics';

const ROOT = path.resolve(__dirname, '..');
const LOADS = 21;

/** A package as npm installs it, beside the CDK. */
export interface PackageMeasure {
  readonly name: string;
  readonly version: string;
  readonly tarballBytes: number;
  readonly unpackedBytes: number;
  /** Packages that npm installs with it, itself included, and their bytes. */
  readonly packages: number;
  readonly installedBytes: number;
}

/** Packs this library as a release does, and installs each package in an empty folder without the CDK. */
export function measurePackages(published: Record<string, string>): PackageMeasure[] {
  return inTemporaryFolder((folder) => {
    const pack = (source: string, cwd = folder) =>
      JSON.parse(npm(cwd, 'pack', source, '--json', '--ignore-scripts', '--pack-destination', folder))[0];
    const packed = [pack('.', ROOT), ...Object.entries(published).map(([name, version]) => pack(`${name}@${version}`))];
    return packed.map(({ name, version, filename, size, unpackedSize }) => ({
      name, version, tarballBytes: size, unpackedBytes: unpackedSize, ...install(path.join(folder, filename)),
    }));
  });
}

function install(tarball: string): { packages: number; installedBytes: number } {
  return inTemporaryFolder((folder) => {
    fs.writeFileSync(path.join(folder, 'package.json'), '{}');
    // The CDK is a peer of all.
    npm(folder, 'install', tarball, '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund');
    const files = fs.readdirSync(path.join(folder, 'node_modules'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== '.package-lock.json');
    const bytes = files.map((entry) => fs.statSync(path.join(entry.parentPath, entry.name)).size);
    const lock = JSON.parse(fs.readFileSync(path.join(folder, 'package-lock.json'), 'utf8'));
    return {
      packages: Object.keys(lock.packages).length - 1,
      installedBytes: bytes.reduce((sum, size) => sum + size, 0),
    };
  });
}

/** A function's code. */
export interface BundleMeasure {
  readonly name: string;
  readonly bytes: number;
  readonly gzippedBytes: number;
  /** To load it in a new process, without the AWS SDK, which is loaded when it is called. */
  readonly loadMs: number;
  readonly loadedMb: number;
}

/** @param node The node binary that loads them */
export function measureBundles(node: string): BundleMeasure[] {
  return ['integration', 'access-grants-instance'].map((name) => {
    const file = path.join(ROOT, `assets/handler/${name}.lambda/index.js`);
    const code = fs.readFileSync(file);
    const loads = loadRepeatedly(file, node);
    return {
      name,
      bytes: code.length,
      gzippedBytes: gzipSync(code).length,
      loadMs: median(loads.map(({ ms }) => ms)),
      loadedMb: median(loads.map(({ mb }) => mb)),
    };
  });
}

/** Measures how long Node.js takes to load its own HTTPS and TLS, which are loaded with each bundle. */
export function measureHttps(node: string): number {
  return median(loadRepeatedly('node:https', node).map(({ ms }) => ms));
}

function loadRepeatedly(module: string, node: string): { ms: number; mb: number }[] {
  return Array.from({ length: LOADS }, () => load(module, node));
}

/** Processor time, which other processes of the machine do not change. */
function load(module: string, node: string): { ms: number; mb: number } {
  const script = `const before = process.cpuUsage(); require(${JSON.stringify(module)});`
    + 'const { user, system } = process.cpuUsage(before);'
    + 'console.log(JSON.stringify({ ms: (user + system) / 1000, mb: process.memoryUsage.rss() / 2 ** 20 }));';
  return JSON.parse(execFileSync(node, ['-e', script], { encoding: 'utf8' }));
}

function inTemporaryFolder<T>(use: (folder: string) => T): T {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'footprint-'));
  try {
    return use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
