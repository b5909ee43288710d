/**
 * Gives a function's process the sandbox's time. Loaded before the handler.
 *
 * A timer of 20 ms or more is a sleep. When nothing but sleeps is left (no open request, no file, no short timer), Node would
 * exit. Instead, the process says until when it sleeps and waits for the sandbox, which moves the virtual clock.
 * AbortSignal.timeout counts real time, because it guards real requests; the scale of the deadlines shortens it.
 */
'use strict';
const { receive, send } = require('./channel.cjs');

const SHORTEST_SLEEP_MS = 20;
/** On a busy machine, a request that is answered must not be cut off. */
const SHORTEST_DEADLINE_MS = 500;
const real = { Date, setTimeout, clearTimeout, abortTimeout: AbortSignal.timeout.bind(AbortSignal) };

let now = 0;
let deadlineScale = 1;
/** Which event the process is at work on. */
let turn = 0;
const sleeps = new Set();

/** The next event has come: what became due in the meantime happens, before the handler is called. */
exports.thaw = async (time, scale) => {
  turn += 1;
  deadlineScale = scale;
  await wakeAt(time);
};

real.Date.now = () => now;
globalThis.Date = new Proxy(real.Date, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now] : args, newTarget),
});

class Sleep {
  keepsAlive = true;

  constructor(callback, ms, args) {
    Object.assign(this, { callback, ms, args });
    this.refresh();
  }

  refresh() {
    this.due = now + this.ms;
    sleeps.add(this);
    return this;
  }

  ref() {
    this.keepsAlive = true;
    return this;
  }

  unref() {
    this.keepsAlive = false;
    return this;
  }

  hasRef() {
    return this.keepsAlive;
  }

  close() {
    sleeps.delete(this);
    return this;
  }
}

globalThis.setTimeout = (callback, ms = 0, ...args) =>
  ms >= SHORTEST_SLEEP_MS ? new Sleep(callback, ms, args) : real.setTimeout(callback, ms, ...args);
globalThis.clearTimeout = (timer) => (timer instanceof Sleep ? timer.close() : real.clearTimeout(timer));

AbortSignal.timeout = (ms) => {
  const signal = real.abortTimeout(Math.max(SHORTEST_DEADLINE_MS, Math.round(ms * deadlineScale)));
  // a request that is never answered takes the whole of its deadline in virtual time; one that was answered long ago takes no more
  const due = now + ms;
  const begun = turn;
  signal.addEventListener('abort', () => {
    if (due <= now || begun !== turn) return;
    now = due;
    send({ type: 'advance', to: now });
  });
  return signal;
};

process.on('beforeExit', () => {
  const dues = [...sleeps].filter((sleep) => sleep.keepsAlive).map((sleep) => sleep.due);
  // without any sleep the invocation hangs until the function's time is up
  send({ type: 'sleep', until: dues.length > 0 ? Math.min(...dues) : null });
  void wakeAt(receive().now);
});

/** The process first sees what has become of its connections while it could not look. */
async function wakeAt(time) {
  now = Math.max(now, time);
  await new Promise((resolve) => setImmediate(resolve));
  for (const sleep of [...sleeps].sort((a, b) => a.due - b.due)) {
    if (sleep.due > now) continue;
    sleeps.delete(sleep);
    sleep.callback(...sleep.args);
  }
}
