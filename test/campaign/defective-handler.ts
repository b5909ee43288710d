import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** Returns the folder of a handler with that defect. */
export function handlerThat(wrong: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'handler-'));
  folders.push(folder);
  writeFileSync(
    path.join(folder, 'index.js'),
    `const WRONG = '${wrong}';\n${readFileSync(path.join(__dirname, 'small-handler.js'), 'utf8')}`,
  );
  return folder;
}
