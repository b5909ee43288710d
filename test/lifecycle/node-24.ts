import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The node binary of the version that Lambda runs, from npm; the first time it has to be downloaded. */
export async function node24(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('npx', ['-y', '-p', 'node@24', '-c', 'node -p process.execPath']);
    return stdout.trim().split('\n').pop()!;
  } catch (error) {
    throw new Error(
      'Node 24, the version that Lambda runs, is not to be had: \'npx -y -p node@24 -c "node -v"\' has to work ' +
        `(${(error as Error).message})`,
    );
  }
}
