import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Language } from '../consumer';
import { PACKAGES } from '../packages';
import { run } from '../shell';
import { CDK_VERSION, LIBRARY_VERSION } from '../versions';

const LIBRARY = 'github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration-go/cdkimmutas3integration';

/**
 * A module that replaces the library by the folder with its source. Installing compiles all that the examples import,
 * once for all.
 */
export const GO: Language = {
  name: 'Go',
  folder: 'go',
  install: async (project) => {
    const library = path.join(PACKAGES, 'go', 'cdkimmutas3integration');
    await run(`go mod edit -require ${LIBRARY}@v${LIBRARY_VERSION} -replace "${LIBRARY}=${library}" `
      + `-require github.com/aws/aws-cdk-go/awscdk/v2@v${CDK_VERSION} ${excludes(library)}`, { cwd: project });
    await run('go mod tidy', { cwd: project });
    await run(`go vet ./... && go build ${LIBRARY}/...`, { cwd: project });
    return {};
  },
};

/**
 * What aws-cdk-lib needs is for aws-cdk-lib to say. The library's go.mod lists it as of the lock file of this
 * repository, in versions that the Go registry may not have yet.
 */
function excludes(library: string): string {
  const indirect = [...readFileSync(path.join(library, 'go.mod'), 'utf8').matchAll(/^\s+(\S+) (\S+) \/\/ indirect$/gm)];
  return indirect.map(([, module, version]) => `-exclude ${module}@${version}`).join(' ');
}
