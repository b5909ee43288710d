import { cpSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Language } from '../consumer';
import { packageFile, PACKAGES } from '../packages';
import { README_TOPIC, readQuickStart } from '../readme';
import { run } from '../shell';
import { CDK_VERSION } from '../versions';

const PACKAGE_JSON = { name: 'consumer', version: '1.0.0', private: true };

/** Strict, and with a look at the declarations of the library and of the CDK. */
const TSCONFIG = {
  compilerOptions: { strict: true, noEmit: true, target: 'es2022', module: 'node16', types: ['node'] },
  include: ['*/app.ts'],
};

/** A folder with a package.json, in which the apps also have to compile. */
export const TYPESCRIPT: Language = {
  name: 'TypeScript',
  folder: 'typescript',
  install: async (project) => {
    writeFileSync(path.join(project, 'package.json'), JSON.stringify(PACKAGE_JSON));
    writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    cpSync(path.join(project, 'quickstart'), path.join(project, README_TOPIC), { recursive: true });
    writeFileSync(path.join(project, README_TOPIC, 'app.ts'), readQuickStart());
    const tarball = packageFile(path.join(PACKAGES, 'js'), '.tgz');
    await run(
      `npm install --no-audit --no-fund --prefer-offline "${tarball}" aws-cdk-lib@${CDK_VERSION} constructs tsx ` +
        'typescript@6 @types/node@20',
      { cwd: project },
    );
    await run('npx tsc', { cwd: project });
    return {};
  },
};
