import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from './topics';

/**
 * The README's quick start as an app, beside the topics of the examples. It equals the topic `quickstart` with
 * `README_SETTINGS`.
 */
export const README_TOPIC = 'readme';

/** How the README installs the library in a language. */
export interface Installation {
  /** The command, or the coordinates. */
  readonly published: string;

  /** A command, or a part of a file, until the first release. */
  readonly fromClone: string;

  /** Whether that is needed beside `published`, and not instead. */
  readonly isAdditional: boolean;
}

/** Reads the row of the language in the README's table. */
export function readInstallation(language: string): Installation {
  const row = readReadme().split('\n').find((line) => new RegExp(`^\\| ${language}[ ,]`).test(line));
  const [, published = '', untilRelease = ''] = row?.split(' | ') ?? [];
  const [codeOfPublished, fromClone] = [published, untilRelease].map((cell) => /`([^`]+)`/.exec(cell)?.[1]);
  if (!codeOfPublished || !fromClone) throw new Error(`README.md does not say how to install in ${language}`);
  return { published: codeOfPublished, fromClone, isAdditional: untilRelease.startsWith('the same') };
}

/** The TypeScript of the README's quick start. */
export function readQuickStart(): string {
  const code = /^## Quick start\n[^#]*?^```ts\b.*\n([\s\S]*?)^```$/m.exec(readReadme())?.[1];
  if (!code) {
    throw new Error('README.md has no TypeScript under the heading "Quick start"');
  }
  return code;
}

function readReadme(): string {
  return readFileSync(path.join(ROOT, 'README.md'), 'utf8');
}
