import { ServerResponse } from 'http';
import { Readable } from 'stream';
import { pipeline } from 'stream/promises';
import { Answer } from './model';

/**
 * How often a rule applies: it skips the first `after` matches (default 0), then applies `times` times (default 1;
 * `Infinity`: always).
 */
interface Repetition {
  readonly after?: number;
  readonly times?: number;
}

/** Something that happens to a request. */
export interface HttpFault extends Repetition {
  /** @default - any method */
  readonly method?: string;
  /** @default - any path */
  readonly path?: RegExp;
  /** @default - the request is answered as ever */
  readonly behaviour?: keyof typeof BEHAVIOURS;
  /** For `answer` and `replace`. */
  readonly answer?: Answer;
  /** For `rewrite`: fields to set in each object of the answer. */
  readonly set?: Record<string, unknown>;
  /** For `huge`: megabytes. */
  readonly megabytes?: number;
  /** Virtual milliseconds that pass before anything else happens. */
  readonly delayMs?: number;
  /**
   * What else happens at that moment, before Immuta does anything. It deletes the record, rotates the key or kills
   * the caller, for example.
   */
  run?(): unknown;
}

/** A validation test that fails, whatever AWS says. */
export interface ValidationFault extends Repetition {
  /** Number of the test, 1 to 7. */
  readonly test: number;
  /** @default - on create, edit and delete */
  readonly on?: 'create' | 'edit' | 'delete';
  /** The request is taken and the failure shows in `createError`, `editError` or `deleteError`. */
  readonly asynchronously?: boolean;
  readonly message?: string;
}

/** A transition that ends in another status than it should; its work in AWS is not done. */
export interface TransitionFault extends Repetition {
  readonly from: 'creating' | 'editing' | 'deleting';
  readonly to: string;
  /** What the record says about it, beside its tests. @default - nothing */
  readonly message?: string;
}

/** A data source that a POST does not register. */
export interface DataSourceFault extends Repetition {
  /** @default - any name */
  readonly name?: string;
  readonly message: string;
}

/** What happens between a request and its response. */
export interface Exchange {
  readonly outgoing: ServerResponse;
  /** What Immuta would do and answer. */
  work(): Promise<Answer>;
  /** Tells that the request will not be answered in time. */
  onSilence(): void;
}

/**
 * The faults that a test asks for. Rules are tried in the order in which they were added; the first that applies is
 * used.
 */
export class FaultScript {
  private readonly rules: { readonly kind: string; readonly rule: Repetition; seen: number }[] = [];
  /** Told of each request that will not be answered in time. */
  onSilence: () => void = () => {};

  http(fault: HttpFault): void {
    this.add('http', fault);
  }

  validation(fault: ValidationFault): void {
    this.add('validation', fault);
  }

  transition(fault: TransitionFault): void {
    this.add('transition', fault);
  }

  dataSource(fault: DataSourceFault): void {
    this.add('dataSource', fault);
  }

  /** From now on nothing goes wrong. */
  clear(): void {
    this.rules.length = 0;
  }

  takeHttp(method: string, path: string): HttpFault | undefined {
    return this.take<HttpFault>(
      'http',
      (fault) => (fault.method ?? method) === method && (fault.path?.test(path) ?? true),
    );
  }

  takeValidation(on: string, asynchronously: boolean): ValidationFault | undefined {
    return this.take<ValidationFault>(
      'validation',
      (fault) => (fault.on ?? on) === on && !!fault.asynchronously === asynchronously,
    );
  }

  takeTransition(from: string): TransitionFault | undefined {
    return this.take<TransitionFault>('transition', (fault) => fault.from === from);
  }

  takeDataSource(name: string): DataSourceFault | undefined {
    return this.take<DataSourceFault>('dataSource', (fault) => (fault.name ?? name) === name);
  }

  private add(kind: string, rule: Repetition): void {
    this.rules.push({ kind, rule, seen: 0 });
  }

  private take<T extends Repetition>(kind: string, matches: (rule: T) => boolean): T | undefined {
    for (const entry of this.rules) {
      if (entry.kind !== kind || !matches(entry.rule as T)) continue;
      const { after = 0, times = 1 } = entry.rule;
      entry.seen += 1;
      if (entry.seen > after && entry.seen <= after + times) return entry.rule as T;
    }
    return undefined;
  }
}

/** Real time between two bytes of an answer that drips. */
const DRIP_MS = 10;

/** What may happen to a request. The first three of the faults do not do the work, the others do. */
const BEHAVIOURS = {
  normal: async ({ outgoing, work }: Exchange) => send(outgoing, await work()),
  /** Another answer: a 5xx, a 429, HTML, a redirect. */
  answer: async ({ outgoing }: Exchange, { answer }: HttpFault) => send(outgoing, answer!),
  /** The connection breaks before Immuta has done anything. */
  reset: async ({ outgoing }: Exchange) => void outgoing.destroy(),
  /** A body without end, as far as a client can tell. */
  huge: async ({ outgoing }: Exchange, { megabytes = 100 }: HttpFault) => {
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    await pipeline(Readable.from(Array(megabytes).fill(Buffer.alloc(1024 * 1024, ' '))), outgoing);
  },
  /** The work is done and the answer lost. */
  lose: async ({ outgoing, work }: Exchange) => {
    await work();
    outgoing.destroy();
  },
  /** The work is done, and answered in another way. */
  replace: async ({ outgoing, work }: Exchange, { answer }: HttpFault) => {
    await work();
    send(outgoing, answer!);
  },
  /** The connection stays open and silent. */
  never: async ({ work, onSilence }: Exchange) => {
    await work();
    onSilence();
  },
  /** The connection breaks in the middle of the body. */
  half: async ({ outgoing, work }: Exchange) => {
    const body = renderBody(await work());
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    outgoing.write(body.subarray(0, body.length / 2), () => outgoing.destroy());
  },
  /** The answer comes byte by byte, and too slowly. */
  drip: async ({ outgoing, work, onSilence }: Exchange) => {
    const answer = await work();
    outgoing.writeHead(answer.status, { 'content-type': 'application/json' });
    outgoing.write(' ', onSilence);
    for (const byte of renderBody(answer)) {
      if (outgoing.destroyed) return;
      outgoing.write(Buffer.of(byte));
      await new Promise((resolve) => setTimeout(resolve, DRIP_MS));
    }
    outgoing.end();
  },
  /** Fields of the answer are others, such as a status that the documentation does not know. */
  rewrite: async ({ outgoing, work }: Exchange, { set }: HttpFault) => {
    const answer = await work();
    const rewrite = (item: unknown) => ({ ...item as object, ...set });
    send(outgoing, { ...answer, body: Array.isArray(answer.body) ? answer.body.map(rewrite) : rewrite(answer.body) });
  },
} satisfies Record<string, (exchange: Exchange, fault: HttpFault) => Promise<void>>;

/** Lets the fault happen. */
export async function perform(fault: HttpFault, exchange: Exchange): Promise<void> {
  await fault.run?.();
  return (BEHAVIOURS[fault.behaviour ?? 'normal'] as (exchange: Exchange, fault: HttpFault) => Promise<void>)(
    exchange,
    fault,
  );
}

export function send(outgoing: ServerResponse, answer: Answer): void {
  const type = typeof answer.body === 'string' ? 'text/html' : 'application/json';
  outgoing.writeHead(answer.status, { 'content-type': type, ...answer.headers });
  outgoing.end(renderBody(answer));
}

function renderBody({ body }: Answer): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body) ?? '');
}
