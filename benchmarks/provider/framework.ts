/**
 * Runs the code of the Provider framework of aws-cdk-lib in this process: it calls the functions of the user, and waits
 * in virtual time, as its state machine does.
 */
import { OutgoingHttpHeaders, request } from 'node:http';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { Outcome, Run, RuntimeProcess } from '../../test/sandbox/lambda/function-process';
import { Scheduler } from '../../test/sandbox/scheduler';

const RUNTIME = path.join(
  path.dirname(require.resolve('aws-cdk-lib/package.json')), 'custom-resources/lib/provider-framework/runtime',
);
const requireRuntime = createRequire(path.join(RUNTIME, 'framework.js'));
/** The default of `queryInterval`. */
const QUERY_INTERVAL_MS = 5_000;

type Handler = (event: object) => Promise<unknown>;

interface Framework {
  readonly onEvent: Handler;
  readonly isComplete: Handler;
}

interface HttpOptions {
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
}

/** What the framework calls. */
interface Outbound {
  log(...values: unknown[]): void;
  invokeFunction(input: { readonly FunctionName: keyof UserFunctions; readonly Payload: string }): Promise<object>;
  startExecution(input: { readonly input: string }): Promise<void>;
  httpRequest(options: HttpOptions, body: string): Promise<void>;
}

/** The functions of the user. */
export type UserFunctions = Readonly<Record<'onEvent' | 'isComplete', Handler>>;

/** The framework, as the function that CloudFormation invokes. */
export class ProviderFramework implements RuntimeProcess {
  readonly isAlive = true;
  readonly ended = Promise.resolve();
  /** How often the state machine has checked. */
  checks = 0;
  /** How often it has called a function of the user. */
  calls = 0;
  logBytes = 0;
  private readonly framework: Framework;
  private responseUrl = '';

  constructor(private readonly scheduler: Scheduler, functions: UserFunctions) {
    Object.assign(process.env, {
      USER_ON_EVENT_FUNCTION_ARN: 'onEvent', USER_IS_COMPLETE_FUNCTION_ARN: 'isComplete', WAITER_STATE_MACHINE_ARN: 'x',
    });
    this.framework = loadFramework({
      log: (...values) => { this.logBytes += JSON.stringify(values).length; },
      invokeFunction: async ({ FunctionName, Payload }) => {
        this.calls += 1;
        return { Payload: JSON.stringify(await functions[FunctionName](JSON.parse(Payload))) };
      },
      startExecution: async ({ input }) => void this.waitForCompletion(JSON.parse(input)),
      httpRequest: (options, body) => this.respond(options, body),
    });
  }

  async run({ event }: Run): Promise<Outcome> {
    this.responseUrl = (event as { readonly ResponseURL: string }).ResponseURL;
    await this.work(() => this.framework.onEvent(event as object));
    return {};
  }

  kill(): void {}

  /** The framework throws an error if the state machine must check again. */
  private async waitForCompletion(event: object): Promise<void> {
    this.checks += 1;
    try {
      await this.work(() => this.framework.isComplete(event));
    } catch {
      await this.scheduler.sleep(QUERY_INTERVAL_MS);
      await this.waitForCompletion(event);
    }
  }

  /** No time passes meanwhile. */
  private async work(run: () => Promise<unknown>): Promise<void> {
    const end = this.scheduler.begin();
    try {
      await run();
    } finally {
      end();
    }
  }

  /** The framework leaves out the port. */
  private respond({ path: target, headers }: HttpOptions, body: string): Promise<void> {
    return new Promise((resolve, reject) => {
      request(new URL(target, this.responseUrl), { method: 'PUT', headers }, (response) => {
        response.resume().on('end', resolve);
      }).on('error', reject).end(body);
    });
  }
}

/** Loads the framework with these calls. The AWS SDK, which it loads otherwise, is part of Lambda's runtime. */
function loadFramework({ log, ...outbound }: Outbound): Framework {
  Object.keys(requireRuntime.cache).filter((file) => file.startsWith(RUNTIME))
    .forEach((file) => delete requireRuntime.cache[file]);
  const file = requireRuntime.resolve('./outbound');
  requireRuntime.cache[file] = { exports: outbound, filename: file, id: file, loaded: true } as unknown as NodeModule;
  requireRuntime('./util').log = log;
  return requireRuntime('./framework');
}
