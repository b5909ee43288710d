import { readFileSync } from 'node:fs';
import * as path from 'node:path';

const ERRORS_PAGE = path.resolve(__dirname, '../../docs/errors.md');
/** A defect of the handler shows in a reason. */
const NONSENSE = /unexpected error in the handler|\bundefined\b|\[object Object\]|\bNaN\b/;
const CODE = /\[([A-Z][A-Z0-9_]+)\]$/;

/** The remedies of errors whose cause has a name only when they happen. */
const NAMED_BY_THE_ERROR = ['the error names it.', 'the error contains the hint of each failed [validation test]'];
const TWO_SENTENCES = /\S\. [A-Z'][^[]*\. \[/;

/** The beginning of each documented remedy, up to the first value, by code. */
const remedies = new Map(
  readFileSync(ERRORS_PAGE, 'utf8')
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), remedyIn(section)]),
);

function remedyIn(section: string): string {
  const [, remedy = ''] = /^- Remedy: (.*?)(?=\n- |\n\n|\n*$(?![\s\S]))/ms.exec(section) ?? [];
  return remedy.replace(/\s+/g, ' ').split('{')[0].trim();
}

/** Returns why a reason does not help its reader: it needs a documented code, and the remedy of that code. */
export function objectionToReason(reason: string): string | undefined {
  const nonsense = NONSENSE.exec(reason);
  if (nonsense) return `'${nonsense[0]}' in a reason`;
  const [, code] = CODE.exec(reason) ?? [];
  if (code === undefined) return 'a reason without a code';
  const remedy = remedies.get(code);
  if (!remedy) return `code ${code} has no documented remedy`;
  if (NAMED_BY_THE_ERROR.some((each) => remedy.startsWith(each))) {
    return TWO_SENTENCES.test(reason) ? undefined : 'a reason without a remedy';
  }
  return reason.replace(/\s+/g, ' ').includes(remedy) ? undefined : `a reason without the remedy of ${code}`;
}
