import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from './topics';

/** The app that the README shows in each language, as a topic beside those of the examples. */
export const README_TOPIC = 'readme';

/** The README's smallest example in a language. */
export function smallestExample(fence: string): string {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const section = readme.split('\n## ').find((text) => text.startsWith('The smallest example\n'));
  const code = section?.match(new RegExp(`^\`\`\`${fence}\\b.*\\n([\\s\\S]*?)^\`\`\`$`, 'm'))?.[1];
  if (!code) {
    throw new Error(`the README's smallest example is not there in '${fence}'`);
  }
  return code;
}
