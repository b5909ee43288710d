import { execFile, execFileSync } from 'node:child_process';
import dns from 'node:dns';
import { parseAwsCommand, sendAwsCall, splitWords } from './aws-command';
import { Command, commandsOf, kindOf } from './commands';
import { readPage } from './pages';
import { Sandbox, SANDBOX_ENV } from '../sandbox/sandbox';

const CDK = require.resolve('aws-cdk/bin/cdk');

/** Whether the machine has the `aws` CLI. Without it, its commands are calls of the SDK. */
const HAS_AWS_CLI = !process.env.WITHOUT_AWS_CLI && isInstalled('aws');

interface RunOptions {
  /** What the reader writes for a part of the command, such as `<secret>`. */
  readonly values?: Record<string, string>;
  readonly env?: NodeJS.ProcessEnv;
  /** What the reader need not type, because the folder has it: `--app`. */
  readonly more?: readonly string[];
}

export function commandsToRun(file: string): Command[] {
  return commandsOf(readPage(file)).filter((command) => !['task', 'not run'].includes(kindOf(command)));
}

/** A page whose commands a test runs in their order, against the sandbox. */
export class FollowedPage {
  private readonly commands: Command[];

  /** @param folder where the commands run */
  constructor(private readonly file: string, readonly sandbox: Sandbox, readonly folder: string) {
    this.commands = commandsToRun(file);
  }

  /** The commands that were not run. */
  get left(): string[] {
    return this.commands.map(({ text }) => text);
  }

  /** Runs the next command of the page, which must begin so. Resolves with its output, and rejects if it fails. */
  async run(start: string, { values = {}, env = {}, more = [] }: RunOptions = {}): Promise<string> {
    const next = this.commands[0];
    if (!next?.text.startsWith(start)) {
      throw new Error(`${this.file}: the next command is '${next?.text}' and not '${start} …'`);
    }
    this.commands.shift();
    const everyValue = { '<account>': SANDBOX_ENV.account, '<region>': SANDBOX_ENV.region, ...values };
    const text = Object.entries(everyValue).reduce((line, [part, value]) => line.replaceAll(part, value), next.text);
    if (/<[^>]+>/.test(text)) throw new Error(`${next.where}: '${text}' has a part without a value`);
    const output = await this.execute(kindOf(next), text, { ...this.sandbox.terminalEnv, ...env }, more);
    await this.sandbox.scheduler.idle();
    return output;
  }

  private async execute(kind: string, text: string, env: NodeJS.ProcessEnv, more: readonly string[]): Promise<string> {
    if (kind === 'cdk') {
      return this.start(process.execPath, [CDK, ...splitWords(text).slice(2), ...more], { CI: '1', ...env });
    }
    if (kind === 'aws' && !HAS_AWS_CLI) return this.call(text, env);
    return this.start('/bin/sh', ['-c', text], { CURL_CA_BUNDLE: this.sandbox.immuta.caFile, ...env });
  }

  /** The same with the SDK. */
  private async call(text: string, env: NodeJS.ProcessEnv): Promise<string> {
    const call = parseAwsCommand(text, this.folder);
    const output = await sendAwsCall(call, {
      region: env.AWS_REGION,
      endpoint: call.service === 's3control' ? env.AWS_ENDPOINT_URL_S3_CONTROL : env.AWS_ENDPOINT_URL,
      credentials: {
        accessKeyId: env.AWS_ACCESS_KEY_ID,
        secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
        sessionToken: env.AWS_SESSION_TOKEN,
      },
    });
    return JSON.stringify(output);
  }

  private start(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
    const { PATH, HOME } = process.env;
    return new Promise((resolve, reject) => {
      execFile(program, args, { cwd: this.folder, env: { PATH, HOME, ...env } }, (error, stdout, stderr) => {
        if (error) reject(new Error(`${[program, ...args].join(' ')}\n${stdout}${stderr}`));
        else resolve(stdout);
      });
    });
  }
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The SDK puts the account before the name of this host, which not every machine resolves. */
export function resolveLocalhost(): void {
  const lookup: any = dns.lookup;
  jest.spyOn(dns, 'lookup').mockImplementation(((host: string, ...rest: unknown[]) =>
    lookup(host.endsWith('.localhost') ? '127.0.0.1' : host, ...rest)) as any);
}
