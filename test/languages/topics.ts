import { existsSync, readdirSync } from 'node:fs';
import * as path from 'node:path';

export const ROOT = path.resolve(__dirname, '../..');
export const EXAMPLES = path.join(ROOT, 'examples');

/** The topics of a language's examples: each is a folder with an app of its own. */
export function topicsOf(language: string): string[] {
  const folder = path.join(EXAMPLES, language);
  return readdirSync(folder).filter((topic) => existsSync(path.join(folder, topic, 'cdk.json'))).sort();
}
