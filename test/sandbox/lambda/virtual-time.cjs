/**
 * Gives a function's process the sandbox's time. Loaded before the handler.
 *
 * A timer of 1 ms or more is a sleep: if a shorter one took real time, a loop that waits for the rest of a virtual span
 * would never see its end. When nothing but sleeps is left (no open request, no file, no short timer), Node would exit.
 * Instead, the process says until when it sleeps and waits for the sandbox, which moves the virtual clock.
 *
 * No virtual time passes while a request is open, however long it takes. If the server will never answer, the sandbox
 * says so, and the time has come for the AbortSignal.timeout that was asked for last.
 */
'use strict';
const { receive, send } = require('./channel.cjs');

const SHORTEST_SLEEP_MS = 1;
const real = { Date, setTimeout, clearTimeout };

let now = 0;
/** How often the sandbox has let the process go on. */
let turn = 0;
const sleeps = new Set();

/** The next event has come: what became due in the meantime happens, before the handler is called. */
exports.thaw = (time) => wakeAt(time);

/** The process runs another function, in another sandbox's time. */
exports.begin = (time) => {
  now = time;
  sleeps.clear();
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
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  Object.assign(new Sleep(abort, ms, []).unref(), { isDeadline: true });
  return controller.signal;
};

process.on('beforeExit', () => {
  const dues = [...sleeps].filter((sleep) => sleep.keepsAlive).map((sleep) => sleep.due);
  // without any sleep the invocation hangs until the function's time is up
  send({ type: 'sleep', until: dues.length > 0 ? Math.min(...dues) : null });
  void wakeAt(receive().now);
});

process.on('message', (silentTurn) => {
  const deadline = [...sleeps].filter(({ isDeadline }) => isDeadline).at(-1);
  if (silentTurn !== turn || !deadline) return;
  send({ type: 'advance', to: deadline.due });
  advanceTo(deadline.due);
});
process.channel.unref(); // to listen is no work

/** The process first sees what has become of its connections while it could not look. */
async function wakeAt(time) {
  turn += 1;
  now = Math.max(now, time);
  await new Promise((resolve) => setImmediate(resolve));
  advanceTo(time);
}

function advanceTo(time) {
  now = Math.max(now, time);
  for (const sleep of [...sleeps].sort((a, b) => a.due - b.due)) {
    if (sleep.due > now) continue;
    sleeps.delete(sleep);
    sleep.callback(...sleep.args);
  }
}
