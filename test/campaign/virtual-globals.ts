import { Scheduler } from '../sandbox/scheduler';

type Callback = (...args: unknown[]) => void;

/** The timers of one process. */
export class Timers {
  private readonly cancellations = new Set<() => void>();

  constructor(private readonly scheduler: Scheduler) {}

  readonly setTimeout = (callback: Callback, ms = 0, ...args: unknown[]): Timer => {
    const cancel = this.scheduler.after(Math.max(1, ms), () => {
      this.cancellations.delete(cancel);
      callback(...args);
    });
    this.cancellations.add(cancel);
    return new Timer(() => {
      cancel();
      this.cancellations.delete(cancel);
    });
  };

  readonly clearTimeout = (timer?: Timer): void => timer?.close();

  clear(): void {
    this.cancellations.forEach((cancel) => cancel());
    this.cancellations.clear();
  }
}

class Timer {
  constructor(readonly close: () => void) {}

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** Returns the globals that depend on time or randomness, in virtual time and with a seed. */
export function virtualGlobals(scheduler: Scheduler, timers: Timers, random: () => number) {
  const now = () => scheduler.clock.now();
  return {
    Date: class extends Date {
      static now = now;

      constructor(...args: unknown[]) {
        super(...((args.length === 0 ? [now()] : args) as [number]));
      }
    },
    Math: Object.create(Math, { random: { value: random } }) as Math,
    setTimeout: timers.setTimeout,
    clearTimeout: timers.clearTimeout,
    AbortSignal: Object.create(AbortSignal, {
      timeout: {
        value: (ms: number) => {
          const controller = new AbortController();
          timers.setTimeout(
            () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
            ms,
          );
          return controller.signal;
        },
      },
    }) as typeof AbortSignal,
  };
}
