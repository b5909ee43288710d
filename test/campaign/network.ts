import { Scheduler } from '../sandbox/scheduler';

/** A fault of one exchange between the function and Immuta, AWS or the response URL. */
export interface Fault {
  /** Number of the exchange within its step, from 1. */
  readonly exchange: number;
  readonly what: FaultKind;
  /** `Retry-After` of `busy` and `throttled`. */
  readonly seconds?: number;
}

export const FAULT_KINDS = [
  /** The connection breaks before the request arrives, or before the response does. */
  'request lost',
  'answer lost',
  /** The same, but the connection stays open until the caller times out. */
  'request swallowed',
  'answer swallowed',
  /** Responses 503, 429 and 409. The request is not handled. */
  'busy',
  'throttled',
  'conflict',
  /** The function is killed before the request arrives, or before the response does. */
  'killed before',
  'killed after',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** One request and its response. */
export interface Exchange<T> {
  /** `immuta`, `response`, or the service of AWS. */
  readonly peer: string;
  /** `POST /integrations`, `GetSecretValue`. */
  readonly label: string;
  /** Whether the peer can answer 409. */
  readonly isWrite: boolean;
  readonly signal?: AbortSignal | null;
  /** Handles the request. */
  work(): Promise<T>;
  /** Returns or throws the peer's 503, 429 or 409. */
  refuse(kind: 'busy' | 'throttled' | 'conflict', seconds?: number): T;
  /** Returns the error that the caller sees if the connection breaks. */
  broken(): Error;
  /** Renders a response for the timeline. */
  show(result: T): string;
}

/** The process at one end. */
export interface Caller {
  readonly name: string;
  readonly isAlive: boolean;
  kill(): void;
}

const NEVER = new Promise<never>(() => {});

/** More than any history needs: a function with more exchanges is killed. */
const MOST_EXCHANGES = 20_000;

/** The network of the functions, with latency and faults. */
export class Network {
  /** Faults of the present step. */
  faults: readonly Fault[] = [];
  /** Exchanges since the step began. */
  exchanges = 0;
  total = 0;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly latencyMs: number,
    private readonly note: (line: string) => void,
  ) {}

  get isOverrun(): boolean {
    return this.total > MOST_EXCHANGES;
  }

  beginStep(faults: readonly Fault[]): void {
    this.faults = faults;
    this.exchanges = 0;
  }

  exchange<T>(caller: Caller, exchange: Exchange<T>): Promise<T> {
    if (!caller.isAlive) return NEVER;
    const { signal } = exchange;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    this.total += 1;
    if (this.isOverrun) {
      caller.kill();
      return NEVER;
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => caller.isAlive && reject(signal!.reason as Error);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.perform(caller, exchange)
        .then(
          (result) => caller.isAlive && resolve(result),
          (error) => caller.isAlive && reject(error as Error),
        )
        .finally(() => signal?.removeEventListener('abort', onAbort));
    });
  }

  private async perform<T>(caller: Caller, exchange: Exchange<T>): Promise<T> {
    const number = ++this.exchanges;
    const fault = this.faults.find(
      (each) => each.exchange === number && (each.what !== 'conflict' || exchange.isWrite),
    );
    const label = `${caller.name} #${number} ${exchange.peer} ${exchange.label}`;
    const happens = (...kinds: FaultKind[]) => {
      if (!fault || !kinds.includes(fault.what)) return false;
      this.note(`${label}: ${fault.what}`);
      return true;
    };

    await this.scheduler.sleep(this.latencyMs);
    if (happens('killed before')) {
      caller.kill();
      return NEVER;
    }
    if (happens('request lost')) throw exchange.broken();
    if (happens('request swallowed')) return NEVER;
    if (happens('busy', 'throttled', 'conflict')) return exchange.refuse(fault!.what as 'busy', fault!.seconds);
    const result = await exchange.work();
    this.note(`${label} → ${exchange.show(result)}`);
    if (happens('killed after')) {
      caller.kill();
      return NEVER;
    }
    await this.scheduler.sleep(this.latencyMs);
    if (happens('answer lost')) throw exchange.broken();
    if (happens('answer swallowed')) return NEVER;
    return result;
  }
}
