import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Language } from '../consumer';
import { PACKAGES } from '../packages';
import { run } from '../shell';
import { CDK_VERSION } from '../versions';

/** A folder as a package source has the library. */
export const CSHARP: Language = {
  name: 'C#',
  folder: 'csharp',
  skipped: async () => await hasSdk() ? undefined : 'there is no .NET SDK on this machine',
  install: async (project) => {
    writeFileSync(path.join(project, 'nuget.config'), `<configuration>
  <packageSources><add key="packages" value="${path.join(PACKAGES, 'dotnet')}" /></packageSources>
</configuration>
`);
    const env = { CdkVersion: CDK_VERSION, ...nugetEnv(project) };
    await run('for topic in */*.csproj; do dotnet build "$topic" || exit; done', { cwd: project, env });
    return env;
  },
  // a home of its own, because the reader adds a package source to it
  prepareReader: (folder, project) => ({ ...nugetEnv(project), DOTNET_CLI_HOME: folder }),
};

/** Not the user's folder of packages, which would keep this one under its version. */
function nugetEnv(project: string): NodeJS.ProcessEnv {
  return { NUGET_PACKAGES: path.join(project, '.packages'), DOTNET_CLI_TELEMETRY_OPTOUT: '1' };
}

/** Whether `dotnet` is here with an SDK, and not the runtime alone. */
export function hasSdk(): Promise<boolean> {
  return run('dotnet --version', { cwd: __dirname }).then(() => true, () => false);
}
