import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { codeBlocks, Page, readPages, ROOT } from './pages';

/** The page that leads from an empty folder to governed data. `npm run test:languages` follows it. */
export const GET_STARTED = 'docs/guides/get-started.md';

/** A command of a page, as the reader types it, without comments and line continuations. */
export interface Command {
  readonly text: string;
  /** Page and line of its block. */
  readonly where: string;
}

/** Where a command is run: by a program that a test starts, as a task of this repository, or nowhere. */
export type Kind = 'aws' | 'cdk' | 'curl' | 'task' | 'not run';

/** Commands that no test runs, and why. */
const NOT_RUN: readonly [command: RegExp, reason: string][] = [
  [/^git clone https:\/\/github\.com\/cdk-immuta-s3-integration\/cdk-immuta-s3-integration\.git$/, 'needs a network'],
  [/^cd cdk-immuta-s3-integration$/, 'enters the clone'],
];

/** Commands that the `aws` CLI has, without a client among the dependencies of this repository. */
const WITHOUT_CLIENT = ['aws s3 cp', 'aws sso-admin list-instances'];

/** What a reader follows to use the library: README, guides and runbook. */
export function pagesToFollow(): Page[] {
  return readPages().filter(({ file }) => /^(README\.md|docs\/guides\/.+|docs\/runbook\.md)$/.test(file));
}

export function commandsOf(page: Page): Command[] {
  return codeBlocks(page)
    .filter(({ info }) => info === 'console')
    .flatMap(({ code, line }) =>
      code
        .replace(/\\\n\s*/g, '')
        .split('\n')
        .flatMap((text) => text.replace(/\s+# .*$/, '').split(' && '))
        .map((text) => ({ text: text.trim(), where: `${page.file}:${line}` })))
    .filter(({ text }) => text !== '');
}

/** @throws if no test knows how to run the command */
export function kindOf({ text, where }: Command): Kind {
  if (NOT_RUN.some(([command]) => command.test(text))) return 'not run';
  if (text.startsWith('aws ')) return 'aws';
  if (text.startsWith('curl ')) return 'curl';
  if (/^npx (cdk|aws-cdk@2) /.test(text)) return 'cdk';
  const task = taskOf(text);
  if (/^npm (ci|cit)$/.test(text) || (task && isTask(task))) return 'task';
  throw new Error(`${where}: no test runs '${text}'`);
}

/** The task of projen, or the script of npm, that a command runs, if any. */
export function taskOf(text: string): string | undefined {
  return /(?:^| )(?:npm run|npx projen) ([\w:-]+)/.exec(text)?.[1];
}

/**
 * Commands of the `aws` CLI in the sentences of a page, between backticks or, in an error, quotes. Those that the SDK
 * cannot check are left out if they are known.
 */
export function awsCommandsInText({ text }: Page): string[] {
  const commands = [...text.matchAll(/([`'])(aws [^`']+)\1/g)].map(([, , command]) => command.replace(/\s+/g, ' '));
  return commands.filter((command) => !WITHOUT_CLIENT.includes(command));
}

export function isTask(name: string): boolean {
  const read = (file: string) => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
  return name in read('.projen/tasks.json').tasks || name in read('package.json').scripts;
}
