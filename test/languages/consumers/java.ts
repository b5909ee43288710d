import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Language } from '../consumer';
import { PACKAGES } from '../packages';
import { run } from '../shell';
import { CDK_VERSION } from '../versions';

/** A Maven repository in a folder has the library; all else comes into an empty local repository. */
export const JAVA: Language = {
  name: 'Java',
  folder: 'java',
  install: async (project) => {
    const settings = path.join(project, 'settings.xml');
    writeFileSync(settings, settingsWithRepository(path.join(PACKAGES, 'java')));
    // beside the user's own settings, which may name a mirror
    configureMaven(project, project, ['--global-settings', settings]);
    await run('mvn -q compile', { cwd: project });
    return {};
  },
  prepareReader: (folder, project) => {
    configureMaven(folder, project); // the CLI may name an aws-cdk-lib that Maven Central does not have yet
    return {};
  },
};

/** Configures Maven for the folder and those below. */
function configureMaven(folder: string, project: string, more: readonly string[] = []): void {
  mkdirSync(path.join(folder, '.mvn'));
  writeFileSync(path.join(folder, '.mvn', 'maven.config'), [
    ...more,
    `-Dmaven.repo.local=${path.join(project, '.m2')}`,
    `-Dcdk.version=${CDK_VERSION}`,
  ].join('\n'));
}

function settingsWithRepository(folder: string): string {
  return `<settings>
  <profiles>
    <profile>
      <id>packages</id>
      <repositories><repository><id>packages</id><url>file://${folder}</url></repository></repositories>
    </profile>
  </profiles>
  <activeProfiles><activeProfile>packages</activeProfile></activeProfiles>
</settings>
`;
}
