import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Language } from '../consumer';
import { packageFile, PACKAGES } from '../packages';
import { run } from '../shell';
import { CDK_VERSION } from '../versions';

export const TYPESCRIPT: Language = {
  name: 'TypeScript',
  folder: 'typescript',
  source: 'app.ts',
  fence: 'ts',
  install: async (project) => {
    writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }));
    const tarball = packageFile(path.join(PACKAGES, 'js'), '.tgz');
    await run(`npm install --no-audit --no-fund --prefer-offline "${tarball}" aws-cdk-lib@${CDK_VERSION} constructs tsx`, { cwd: project });
    return {};
  },
};
