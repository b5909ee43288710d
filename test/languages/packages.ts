import { readdirSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { run } from './shell';
import { ROOT } from './topics';

/** Where the packages are made, each language's below the name that jsii has for it. */
export const PACKAGES = path.join(ROOT, 'dist');

/**
 * Makes the packages by the tasks that a release runs. That for .NET needs a .NET SDK: without one its code is
 * generated, and no more.
 *
 * @param dotnetSdk whether there is one
 */
export async function makePackages(dotnetSdk: boolean): Promise<void> {
  for (const target of ['js', 'python', 'java', 'go', 'dotnet']) {
    rmSync(path.join(PACKAGES, target), { recursive: true, force: true });
  }
  for (const target of ['js', 'python', 'java', 'go']) {
    await run(`npx projen package:${target}`, { cwd: ROOT });
  }
  await run(dotnetSdk ? 'npx projen package:dotnet' : 'npx jsii-pacmak --code-only --target dotnet', { cwd: ROOT });
}

/** The one file in the folder whose name ends so. */
export function packageFile(folder: string, ending: string): string {
  const files = readdirSync(folder).filter((name) => name.endsWith(ending));
  if (files.length !== 1) {
    throw new Error(`${folder} should hold one ${ending}, has ${files.join(', ') || 'none'}`);
  }
  return path.join(folder, files[0]);
}
