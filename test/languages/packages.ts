import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { run } from './shell';
import { ROOT } from './topics';

/**
 * Makes the packages in the folder, each language's below its name. That for Go is published as source code, so that compiling it is the
 * consumer's part; that for .NET needs a .NET SDK to be compiled.
 */
export async function makePackages(folder: string, targets: { compiled: string[]; codeOnly: string[] }): Promise<void> {
  const pacmak = `npx jsii-pacmak --force-subdirectory=true --outdir ${folder}`;
  await run(`${pacmak} --targets ${targets.compiled.join(' ')}`, { cwd: ROOT });
  await run(`${pacmak} --code-only --targets ${targets.codeOnly.join(' ')}`, { cwd: ROOT });
}

/** The one file below the folder whose name ends so. */
export function packageFile(folder: string, ending: string): string {
  const files = readdirSync(folder).filter((name) => name.endsWith(ending));
  if (files.length !== 1) {
    throw new Error(`${folder} should hold one ${ending}, has ${files.join(', ') || 'none'}`);
  }
  return path.join(folder, files[0]);
}
