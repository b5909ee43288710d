import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

export const ROOT = path.resolve(__dirname, '../..');

/** A Markdown page of the repository. */
export interface Page {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface CodeBlock {
  /** What follows the fence, such as `ts nofixture`. */
  readonly info: string;
  /** Number of its first line in the page, from 1. */
  readonly line: number;
  readonly code: string;
}

export function readPage(file: string): Page {
  return { file, text: readFileSync(path.join(ROOT, file), 'utf8') };
}

/** The pages that people write: README, CONTRIBUTING, the documentation and the READMEs of the examples. */
export function readPages(): Page[] {
  const below = (folder: string) => readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
    .map((file) => path.join(folder, file));
  return ['README.md', 'CONTRIBUTING.md', ...below('docs'), ...below('examples')].sort().map(readPage);
}

const FENCED = /^( *)```(.*)\n([\s\S]*?)^\1```$/gm;

export function codeBlocks({ text }: Page): CodeBlock[] {
  return [...text.matchAll(FENCED)].map(({ 2: info, 3: code, index }) => ({
    info: info.trim(), code, line: text.slice(0, index).split('\n').length + 1,
  }));
}

/** The text of a page without what is code, in which nothing is a link or a heading. */
export function withoutCode(text: string): string {
  return text.replace(FENCED, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));
}
