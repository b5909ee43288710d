/**
 * One library, five languages: installs the packages of each language in a project of its own, as a user would, and
 * compares what each example synthesizes there with what its twin in TypeScript does.
 */
import { rejects } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Consumer, Language } from './consumer';
import { CSHARP, hasSdk } from './consumers/csharp';
import { GO } from './consumers/go';
import { JAVA } from './consumers/java';
import { PYTHON } from './consumers/python';
import { TYPESCRIPT } from './consumers/typescript';
import { cannotFollow, followGetStarted } from './get-started';
import { makePackages } from './packages';
import { Report } from './report';
import { Case, casesOf, QUICKSTART_OF_README, README, REFUSED } from './settings';
import { CommandFailed } from './shell';
import { assertHasIntegration, assertSame, Templates } from './templates';
import { topicsOf } from './topics';

const TWINS = [PYTHON, JAVA, GO, CSHARP];
const TOPICS = topicsOf(TYPESCRIPT.folder);
const CASES = casesOf(TOPICS);

const folder = mkdtempSync(path.join(tmpdir(), 'languages-'));
const report = new Report();

async function main(): Promise<boolean> {
  for (const { name, folder: examples } of TWINS) {
    await report.check(`${name} has an example of every topic`, () => assertSame(topicsOf(examples), TOPICS));
  }
  const packaged = await report.check('the packages of all languages can be made', async () =>
    makePackages(await hasSdk()),
  );
  if (packaged) {
    const expected: Record<string, Templates> = {};
    const reference = tryLanguage(TYPESCRIPT, [...CASES, README], (name, templates) => {
      assertHasIntegration(templates);
      if (name === README.name) assertSame(templates, expected[QUICKSTART_OF_README.name]);
      expected[name] = templates;
    });
    const twins = TWINS.map((twin) => tryLanguage(twin, CASES, async (name, templates) => {
      await reference;
      assertSame(templates, expected[name]);
    }));
    await Promise.all([reference, ...twins]);
    for (const language of [TYPESCRIPT, ...TWINS]) await tryGetStarted(language);
  }
  return report.close();
}

/** Checks what the language's packages make of every case. */
async function tryLanguage(
  language: Language, cases: Case[], checkCase: (name: string, templates: Templates) => unknown,
): Promise<void> {
  const reason = await language.skipped?.();
  if (reason) {
    report.skip(language.name, reason);
    return;
  }
  let consumer: Consumer | undefined;
  await report.check(`${language.name}: the package can be installed`, async () => {
    consumer = await Consumer.install(language, folder);
  });
  for (const { name, topic, settings } of cases) {
    await report.check(`${language.name}: ${name}`, async () =>
      checkCase(name, await installed(consumer).synthesize(topic, settings)),
    );
  }
  await report.check(`${language.name}: a wrong property is refused with the library's message`, () => rejects(
    () => installed(consumer).synthesize(REFUSED.topic, REFUSED.settings),
    (error) => error instanceof CommandFailed && error.output.includes(REFUSED.message),
  ));
}

/** Checks that the page leads a reader from an empty folder to governed data, in the sandbox. */
async function tryGetStarted(language: Language): Promise<void> {
  const reason = await cannotFollow() ?? await language.skipped?.();
  const name = `${language.name}: the guide leads from an empty folder to governed data`;
  if (reason) {
    report.skip(name, reason);
    return;
  }
  await report.check(name, () => followGetStarted(language, folder));
}

function installed(consumer?: Consumer): Consumer {
  if (!consumer) throw new Error('not tried: the package could not be installed');
  return consumer;
}

void main().then((good) => {
  if (good) {
    rmSync(folder, { recursive: true, force: true });
  } else {
    console.error(`what was made is in ${folder}`);
    process.exitCode = 1;
  }
});
