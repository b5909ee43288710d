import * as path from 'node:path';
import { Language } from '../consumer';
import { packageFile, PACKAGES } from '../packages';
import { run } from '../shell';
import { CDK_VERSION } from '../versions';

/** A virtual environment with the wheel. */
export const PYTHON: Language = {
  name: 'Python',
  folder: 'python',
  install: async (project) => {
    const venv = path.join(project, '.venv');
    const env = { VIRTUAL_ENV: venv, PATH: `${path.join(venv, 'bin')}${path.delimiter}${process.env.PATH}` };
    const wheel = packageFile(path.join(PACKAGES, 'python'), '.whl');
    await run(`python3 -m venv "${venv}"`, { cwd: project });
    await run(`pip install --quiet "${wheel}" aws-cdk-lib==${CDK_VERSION} -r requirements.txt`, { cwd: project, env });
    return env;
  },
};
