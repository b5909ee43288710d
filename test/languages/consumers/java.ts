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
    mkdirSync(path.join(project, '.mvn'));
    writeFileSync(path.join(project, '.mvn', 'maven.config'), [
      '--global-settings', settings, // beside the user's own, which may name a mirror
      `-Dmaven.repo.local=${path.join(project, '.m2')}`,
      `-Dcdk.version=${CDK_VERSION}`,
    ].join('\n'));
    await run('mvn -q compile', { cwd: project });
    return {};
  },
};

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
