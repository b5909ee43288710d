import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { Settings } from './settings';
import { run } from './shell';
import { readTemplates, Templates } from './templates';
import { EXAMPLES } from './topics';

/** How users of one language install the library. */
export interface Language {
  /** As people call it. */
  readonly name: string;

  /** Its folder in `examples`. */
  readonly folder: string;

  /** Why its consumer cannot run on this machine; it can if there is no reason. */
  readonly skipped?: () => Promise<string | undefined>;

  /**
   * Installs the packages for the copied examples, the way a user does.
   *
   * @param project the copy of the language's examples
   * @returns what its apps need in their environment
   */
  readonly install: (project: string) => Promise<NodeJS.ProcessEnv>;

  /**
   * Prepares the folder in which a reader follows the guide, after `install`.
   *
   * @param project the copy of the language's examples
   * @returns what the reader has in the environment
   */
  readonly prepareReader?: (folder: string, project: string) => NodeJS.ProcessEnv;
}

/** What the cdk CLI asks of an app beside the user's own context. */
const CLI_CONTEXT = {
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
  'aws:cdk:version-reporting': true,
};

/** A fresh project outside of this repository, with the language's examples and the installed library. */
export class Consumer {
  /** @param folder where the project is made */
  static async install(language: Language, folder: string): Promise<Consumer> {
    const project = path.join(folder, language.folder);
    mkdirSync(project, { recursive: true });
    cpSync(path.join(EXAMPLES, language.folder), project, {
      recursive: true,
      filter: (source) => path.basename(source) !== 'cdk.out',
    });
    return new Consumer(project, await language.install(project));
  }

  private constructor(private readonly project: string, private readonly env: NodeJS.ProcessEnv) {}

  /** Runs the topic's app as its cdk.json says, with what the cdk CLI gives it. */
  async synthesize(topic: string, settings: Settings): Promise<Templates> {
    const cwd = path.join(this.project, topic);
    const { app } = JSON.parse(readFileSync(path.join(cwd, 'cdk.json'), 'utf8'));
    const assembly = path.join(cwd, 'cdk.out');
    rmSync(assembly, { recursive: true, force: true });
    await run(app, {
      cwd,
      env: { ...this.env, CDK_OUTDIR: assembly, CDK_CONTEXT_JSON: JSON.stringify({ ...CLI_CONTEXT, ...settings }) },
    });
    return readTemplates(assembly);
  }
}
