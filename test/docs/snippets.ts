import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { codeBlocks, Page, ROOT } from './pages';

/** What short blocks assume: `jsii-rosetta` compiles those of README and API with it. */
const FIXTURE = readFileSync(path.join(ROOT, 'rosetta/default.ts-fixture'), 'utf8');
const HERE = '/// here';

/** A block as a source file, and where its first line is in the page. */
interface Snippet {
  readonly source: string;
  readonly page: string;
  /** What is to be added to a line of the source for the line of the page. */
  readonly offset: number;
}

/** Compiles the TypeScript blocks of pages, each by itself, and returns the errors by page and line. */
export function compileBlocks(pages: Page[]): string[] {
  const snippets = new Map(pages.flatMap((page) => codeBlocks(page)
    .filter(({ info }) => /^ts\b/.test(info))
    .map(({ info, line, code }): [string, Snippet] => {
      const [before, after] = info.includes('nofixture') ? ['', ''] : FIXTURE.split(HERE);
      const name = path.join(ROOT, `${page.file}.${line}.ts`);
      return [name, { source: `${before}${code}${after}`, page: page.file, offset: line - before.split('\n').length }];
    })));

  const options: ts.CompilerOptions = {
    ...ts.getParsedCommandLineOfConfigFile(
      path.join(ROOT, 'tsconfig.json'),
      {},
      { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail },
    )!.options,
    noEmit: true,
    rootDir: ROOT,
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: { 'cdk-immuta-s3-integration': [path.join(ROOT, 'src/index.ts')] },
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (file) => snippets.has(file) || fileExists(file);
  host.readFile = (file) => snippets.get(file)?.source ?? readFile(file);

  const program = ts.createProgram([...snippets.keys()], options, host);
  return [...snippets].flatMap(([name, { page, offset }]) => {
    const source = program.getSourceFile(name)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start, messageText }) =>
        `${page}:${source.getLineAndCharacterOfPosition(start!).line + 1 + offset}: ` +
          `${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
}

function fail(diagnostic: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
}
