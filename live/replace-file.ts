import { renameSync, writeFileSync } from 'node:fs';

/** Writes a file. A crash leaves the former one or the new one. */
export function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { flush: true });
  renameSync(`${file}.new`, file);
}
