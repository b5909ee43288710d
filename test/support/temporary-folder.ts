import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Gives a run of jest its own temporary folder, which workers inherit. `App.synth` writes a `cdk.out*` folder for each
 * app of a test. All are removed when jest exits.
 */
export default function useTemporaryFolder(): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'cdk-immuta-s3-integration-'));
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}
