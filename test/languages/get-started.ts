import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Language } from './consumer';
import { Installation, readInstallation } from './readme';
import { run } from './shell';
import { ROOT } from './topics';
import { commandsOf, GET_STARTED } from '../docs/commands';
import { CodeBlock, codeBlocks, readPage } from '../docs/pages';
import { SANDBOX_BUCKET, SANDBOX_ENV, Sandbox } from '../sandbox/sandbox';

const LANGUAGE = /^<(?:summary>(?<name>.+)<\/summary|\/details)>$/;
const WHOLE_FILE = /^This is all of `(?<file>.+)`:$/;
const CHANGE_OF_FILE = /^Write `(?<next>.+)` instead of `(?<previous>.+)` in your code\./;
const PART_OF_FILE = /^Add this to the `<(?<element>\w+)>` of `(?<file>.+)`:$/;

/** What the reader answers when the CLI asks. */
const ANSWERS: readonly [question: RegExp, answer: string][] = [
  [/^npx aws-cdk@2 deploy$/, '--require-approval never'],
  [/^npx aws-cdk@2 destroy$/, '--force'],
];

/** What brings a new shell to where the last one was. */
const RESUME = '[ ! -d governed-lake ] || cd governed-lake; [ ! -d .venv ] || source .venv/bin/activate';

/** Why the page cannot be followed on this machine, if so. */
export async function cannotFollow(): Promise<string | undefined> {
  return run('aws --version', { cwd: __dirname }).then(() => undefined, () => 'there is no AWS CLI on this machine');
}

/** Does what the page says for a language in an empty folder, up to reading governed data and cleaning up. */
export async function followGetStarted(language: Language, parent: string): Promise<void> {
  const sandbox = await Sandbox.start();
  const folder = path.join(parent, `get-started-${language.folder}`);
  mkdirSync(folder);
  try {
    const env = language.prepareReader?.(folder, path.join(parent, language.folder));
    const reader = new Reader(sandbox, folder, language.name, env);
    for (const block of blocksFor(language.name)) await reader.follow(block);
    reader.assertDone();
  } finally {
    await sandbox.close();
  }
}

interface Block extends CodeBlock {
  /** The text of the file that has to be changed before. */
  readonly change?: Readonly<Record<string, string>>;
  /** The file whose content it is, or to which it is added. */
  readonly file?: string;
  /** The element of the file to which it is added. */
  readonly element?: string;
}

/** The blocks of the page without those for other languages. */
function blocksFor(name: string): Block[] {
  const page = readPage(GET_STARTED);
  const lines = page.text.split('\n');
  const languageOf = ({ line }: CodeBlock) =>
    lines.slice(0, line).map((text) => LANGUAGE.exec(text)).filter((match) => match).at(-1)?.groups?.name;
  const fileOf = ({ line }: CodeBlock) =>
    (WHOLE_FILE.exec(lines[line - 4]) ?? PART_OF_FILE.exec(lines[line - 4]))?.groups;
  const blocks = codeBlocks(page);
  if (!blocks.some((block) => languageOf(block) === name)) throw new Error(`the page has nothing for ${name}`);
  return blocks
    .filter((block) => [undefined, name].includes(languageOf(block)))
    .map((block): Block => ({
      ...block, ...fileOf(block), change: CHANGE_OF_FILE.exec(lines[block.line - 4])?.groups,
    }));
}

class Reader {
  private readonly env: NodeJS.ProcessEnv;
  private readonly installation: Installation;
  /** What the reader knows by now, by how the page writes it. */
  private readonly values: Record<string, string>;
  private readsData = false;
  /** The file with the stack. */
  private file?: string;

  constructor(
    private readonly sandbox: Sandbox, private readonly folder: string, language: string, env?: NodeJS.ProcessEnv,
  ) {
    this.installation = readInstallation(language);
    this.values = {
      '<account>': SANDBOX_ENV.account,
      '<region>': SANDBOX_ENV.region,
      '<bucket>': SANDBOX_BUCKET,
      '<clone>': ROOT,
      'https://acme.immutacloud.com': sandbox.immuta.url,
      'arn:aws:iam::111122223333:role/immuta': sandbox.immuta.identity.principal,
    };
    this.env = {
      ...sandbox.terminalEnv,
      CI: '1',
      npm_config_yes: 'true',
      ...env,
    };
  }

  async follow(block: Block): Promise<void> {
    if (block.file) {
      this.write(block);
      return;
    }
    if (block.change) this.change(block.change);
    const page = { file: GET_STARTED, text: `\`\`\`console\n${block.code}\`\`\`\n` };
    let script = '';
    for (const { text } of commandsOf(page)) {
      const more = ANSWERS.find(([question]) => question.test(text))?.[1] ?? '';
      script += `${this.fill(this.installFromClone(text))} ${more}\n`;
      // a session is exported before the next command
      if (text.startsWith('aws ')) {
        await this.learn(await this.execute(script));
        script = '';
      }
    }
    if (script) await this.learn(await this.execute(script));
    if (block.change) this.assertDataSource(block.change.next);
  }

  assertDone(): void {
    const { immuta, cloudFormation } = this.sandbox;
    if (!this.readsData) throw new Error('the page did not lead to credentials for governed data');
    const left = [...immuta.integrations.values()].filter(({ status }) => status !== 'deleted');
    const stacks = [...cloudFormation.stacks.keys()].filter((stack) => stack !== 'CDKToolkit');
    if (left.length + immuta.dataSources.records.size + stacks.length > 0) throw new Error('something remains');
  }

  /** Writes the file, or adds to it what the page adds, and the README until the first release. */
  private write({ file, element, code }: Block): void {
    const target = path.join(this.folder, 'governed-lake', file!);
    if (!element) {
      this.file = target;
      writeFileSync(target, this.fill(code, ['https://', 'arn:']));
      return;
    }
    const text = readFileSync(target, 'utf8')
      .replace(`</${element}>`, `${code}</${element}>`)
      .replace('</project>', `${this.fill(this.installation.fromClone)}</project>`);
    writeFileSync(target, text);
  }

  private change({ previous, next }: Readonly<Record<string, string>>): void {
    const text = readFileSync(this.file!, 'utf8');
    if (!text.includes(previous)) throw new Error(`the code of the page has no ${previous}`);
    writeFileSync(this.file!, text.replaceAll(previous, next));
  }

  private assertDataSource(name: string): void {
    const names = [...this.sandbox.immuta.dataSources.records.values()].map((record) => record.name);
    if (names.join() !== name) throw new Error(`Immuta has the data sources ${names}, not ${name}`);
  }

  /** What the reader types instead of a command that installs the published package. */
  private installFromClone(text: string): string {
    const { published, fromClone, isAdditional } = this.installation;
    if (!text.endsWith(` ${published.split(' ').at(-1)}`)) return text;
    return isAdditional ? `${fromClone}\n${text}` : fromClone;
  }

  private execute(script: string): Promise<string> {
    writeFileSync(path.join(this.folder, 'script.sh'), `${RESUME}\nset -e\n${script}`);
    return run('bash script.sh', { cwd: this.folder, env: this.env });
  }

  /** Takes from an output what the next steps need. */
  private async learn(output: string): Promise<void> {
    const analyst = /AnalystArn = (\S+)/.exec(output)?.[1];
    if (analyst && !this.values['<AnalystArn>']) {
      this.values['<AnalystArn>'] = analyst;
      await this.sandbox.immuta.subscribe('Sales orders', analyst);
    }
    const answer = output.startsWith('{') ? JSON.parse(output) : {};
    const { Credentials: session, AssumedRoleUser, MatchedGrantTarget } = answer;
    if (AssumedRoleUser) {
      Object.assign(this.env, {
        AWS_ACCESS_KEY_ID: session.AccessKeyId,
        AWS_SECRET_ACCESS_KEY: session.SecretAccessKey,
        AWS_SESSION_TOKEN: session.SessionToken,
      });
    }
    if (MatchedGrantTarget === 's3://sales-lake/orders/*') {
      this.readsData = true;
      Object.assign(this.env, this.sandbox.env, { AWS_SESSION_TOKEN: '' }); // with your own credentials again
    }
  }

  private fill(text: string, only: readonly string[] = ['']): string {
    return Object.entries(this.values)
      .filter(([part]) => only.some((start) => part.startsWith(start)))
      .reduce((line, [part, value]) => line.replaceAll(part, value), text);
  }
}
