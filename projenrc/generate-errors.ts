import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { renderErrorsPage } from './errors-page';

const ROOT = path.resolve(__dirname, '..');

writeFileSync(path.join(ROOT, 'docs/errors.md'), renderErrorsPage(ROOT));
