import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { replaceFile } from './replace-file';
import { renderJson, renderMarkdown, Report } from './report';

const EXTENSIONS = ['json', 'md'] as const;

/** The report of a run on disk, as JSON and Markdown. A report that is there already gets another name. */
export class ReportFile {
  private formerName?: string;

  /** @param name Path without an extension */
  constructor(private readonly name: string) {
    const json = `${name}.json`;
    if (existsSync(json)) {
      this.formerName = `${name}-${statSync(json).mtime.toISOString().slice(0, 19).replaceAll(':', '-')}`;
    }
  }

  /** Says what there is of a run before, and what this run does with it. Undefined if there is nothing. */
  describeFormer(): string | undefined {
    if (!this.formerName) return undefined;
    const { name, formerName } = this;
    const early = isComplete(`${name}.json`) ? '' : ' That run ended early: experiments are missing.';
    return `${name}.json and .md are the report of a run before.${early} This run renames them to ${formerName}.*.`;
  }

  /** Replaces what this run has written before. */
  save(report: Report): void {
    this.keepFormer();
    replaceFile(`${this.name}.md`, renderMarkdown(report));
    replaceFile(`${this.name}.json`, renderJson(report));
  }

  private keepFormer(): void {
    const { name, formerName } = this;
    if (!formerName) return;
    for (const extension of EXTENSIONS) {
      if (existsSync(`${name}.${extension}`)) renameSync(`${name}.${extension}`, `${formerName}.${extension}`);
    }
    this.formerName = undefined;
  }
}

function isComplete(file: string): boolean {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).isComplete === true;
  } catch {
    return false;
  }
}
