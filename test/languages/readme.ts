import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from './topics';

/**
 * The README's quick start as an app, beside the topics of the examples. It equals the topic `quickstart` with
 * `README_SETTINGS`.
 */
export const README_TOPIC = 'readme';

/** The TypeScript of the README's quick start. */
export function readQuickStart(): string {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const code = /^## Quick start\n[^#]*?^```ts\b.*\n([\s\S]*?)^```$/m.exec(readme)?.[1];
  if (!code) {
    throw new Error('README.md has no TypeScript under the heading "Quick start"');
  }
  return code;
}
