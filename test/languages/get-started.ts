import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Language } from './consumer';
import { run } from './shell';
import { commandsOf, GET_STARTED } from '../docs/commands';
import { CodeBlock, codeBlocks, readPage } from '../docs/pages';
import { SANDBOX_ENV, Sandbox } from '../sandbox/sandbox';

const INTRODUCTION = /^In (?<language>TypeScript|Python)(?:, this is all of `(?<file>.+)`)?:$/;

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

/**
 * Does what the page says for a language in an empty folder, up to reading governed data and cleaning up.
 *
 * @param packageFile what is installed instead of the published package
 */
export async function followGetStarted({ name }: Language, packageFile: string, parent: string): Promise<void> {
  const sandbox = await Sandbox.start();
  const folder = path.join(parent, `get-started-${name}`);
  mkdirSync(folder);
  try {
    const reader = new Reader(sandbox, folder, packageFile);
    for (const block of blocksFor(name)) await reader.follow(block);
    reader.assertDone();
  } finally {
    await sandbox.close();
  }
}

interface Block extends CodeBlock {
  readonly language?: string;
  /** The file whose content it is. */
  readonly file?: string;
}

/** The blocks of the page without those for other languages. */
function blocksFor(name: string): Block[] {
  const page = readPage(GET_STARTED);
  const lines = page.text.split('\n');
  const introductionOf = ({ line }: CodeBlock) => INTRODUCTION.exec(lines[line - 4])?.groups;
  return codeBlocks(page)
    .map((block): Block => ({ ...block, ...introductionOf(block) }))
    .filter(({ language = name }) => language === name);
}

class Reader {
  private readonly env: NodeJS.ProcessEnv;
  /** What the reader knows by now, by how the page writes it. */
  private readonly values: Record<string, string>;
  private readsData = false;

  constructor(private readonly sandbox: Sandbox, private readonly folder: string, packageFile: string) {
    this.values = {
      '<account>': SANDBOX_ENV.account,
      '<region>': SANDBOX_ENV.region,
      'https://acme.immutacloud.com': sandbox.immuta.url,
      'arn:aws:iam::111122223333:role/immuta': sandbox.immuta.identity.principal,
      ' cdk-immuta-s3-integration': ` "${packageFile}"`,
    };
    this.env = {
      ...sandbox.env,
      AWS_DEFAULT_REGION: SANDBOX_ENV.region,
      CI: '1',
      http_proxy: sandbox.aws.url,
      no_proxy: '',
      npm_config_yes: 'true',
    };
  }

  async follow(block: Block): Promise<void> {
    if (block.file) {
      writeFileSync(path.join(this.folder, 'governed-lake', block.file), this.fill(block.code, ['https://', 'arn:']));
      return;
    }
    const page = { file: GET_STARTED, text: `\`\`\`console\n${block.code}\`\`\`\n` };
    let script = '';
    for (const { text } of commandsOf(page)) {
      const more = ANSWERS.find(([question]) => question.test(text))?.[1] ?? '';
      script += `${this.fill(text)} ${more}\n`;
      // a session is exported before the next command
      if (text.startsWith('aws ')) {
        await this.learn(await this.execute(script));
        script = '';
      }
    }
    if (script) await this.learn(await this.execute(script));
  }

  assertDone(): void {
    const { immuta, cloudFormation } = this.sandbox;
    if (!this.readsData) throw new Error('the page did not lead to credentials for governed data');
    const left = [...immuta.integrations.values()].filter(({ status }) => status !== 'deleted');
    const stacks = [...cloudFormation.stacks.keys()].filter((stack) => stack !== 'CDKToolkit');
    if (left.length + immuta.dataSources.records.size + stacks.length > 0) throw new Error('something remains');
  }

  private execute(script: string): Promise<string> {
    writeFileSync(path.join(this.folder, 'script.sh'), `${RESUME}\nset -e\n${script}`);
    return run('bash script.sh', { cwd: this.folder, env: this.env });
  }

  /** Takes from an output what the next steps need. */
  private async learn(output: string): Promise<void> {
    const analyst = /AnalystArn = (\S+)/.exec(output)?.[1];
    if (analyst) {
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
