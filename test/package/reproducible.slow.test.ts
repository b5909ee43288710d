import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';

const ROOT = path.resolve(__dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'reproducible-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Builds the bundles from a copy of the sources in another folder. */
function build(...where: string[]): string {
  const copy = path.join(folder, ...where);
  mkdirSync(copy, { recursive: true });
  ['src', '.projen', 'package.json', 'tsconfig.json'].forEach((name) =>
    cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true }),
  );
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  execFileSync(process.execPath, [require.resolve('projen/bin/projen'), 'bundle'], { cwd: copy, stdio: 'pipe' });
  return path.join(copy, 'assets');
}

/** The files below the folder by their paths. */
function contents(assets: string): Record<string, string> {
  const files = readdirSync(assets, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => path.relative(assets, path.join(entry.parentPath, entry.name)));
  return Object.fromEntries(files.sort().map((file) => [file, readFileSync(path.join(assets, file), 'base64')]));
}

/** The name under which the CDK uploads the code of a function. */
function assetHash(code: string): string {
  const stack = new Stack(new App());
  const fn = new lambda.Function(stack, 'Fn', {
    runtime: lambda.Runtime.NODEJS_20_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(code),
  });
  return stack.resolve((fn.node.defaultChild as lambda.CfnFunction).code).s3Key;
}

test('builds the same bytes and asset hash in two folders and in the package', () => {
  const packaged = path.join(ROOT, 'assets');
  const bundles = Object.keys(contents(packaged)).map((file) => path.dirname(file));
  expect(bundles).toContain(path.join('handler', 'integration.lambda'));

  for (const assets of [build('a'), build('another', 'and', 'deeper', 'folder')]) {
    expect(contents(assets)).toEqual(contents(packaged));
    bundles.forEach((bundle) =>
      expect(assetHash(path.join(assets, bundle))).toBe(assetHash(path.join(packaged, bundle))),
    );
  }
});
