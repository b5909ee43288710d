/**
 * Loaded before a handler: gives its process the sandbox's time and finds `*.localhost`.
 *
 * A timer of 20 ms or more is a sleep. When nothing but sleeps is left (no open request, no file, no short timer), the process
 * says until when it sleeps and its parent moves the virtual clock. AbortSignal.timeout counts real time, because it
 * guards real requests; SANDBOX_DEADLINE_SCALE shortens it.
 *
 * SANDBOX_UNRESOLVED: so many look-ups of `localhost` fail. SANDBOX_KILL_AFTER: the process is gone when it has written such a line.
 */
'use strict';
const dns = require('node:dns');

const SHORTEST_SLEEP_MS = 20;
/** On a busy machine, a request that is answered must not be cut off. */
const SHORTEST_DEADLINE_MS = 500;
const deadlineScale = Number(process.env.SANDBOX_DEADLINE_SCALE ?? '1');
const real = { Date, setTimeout, clearTimeout, abortTimeout: AbortSignal.timeout.bind(AbortSignal), lookup: dns.lookup };

let now = Number(process.env.SANDBOX_NOW);
const sleeps = new Set();

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
  signal.addEventListener('abort', () => {
    if (due <= now) return;
    now = due;
    process.send({ type: 'advance', to: now });
  });
  return signal;
};

let unresolved = Number(process.env.SANDBOX_UNRESOLVED ?? '0');

dns.lookup = (hostname, options, callback) => {
  if (hostname === 'localhost' && unresolved-- > 0) {
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname });
    return process.nextTick(() => (callback ?? options)(error));
  }
  if (!hostname.endsWith('.localhost')) return real.lookup(hostname, options, callback);
  const done = callback ?? options;
  return process.nextTick(() => (options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)));
};

if (process.env.SANDBOX_KILL_AFTER) {
  const fatal = new RegExp(process.env.SANDBOX_KILL_AFTER);
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text, ...rest) => {
    const written = write(text, ...rest);
    if (fatal.test(text)) process.kill(process.pid, 'SIGKILL');
    return written;
  };
}

/** Does anything keep the event loop alive, save the pipes to the parent? */
function atWork() {
  return process.getActiveResourcesInfo().some((resource) => resource !== 'PipeWrap');
}

/** Looks until two looks in a row find nothing to do: what follows a finished request runs in between. */
function watch(quietLooks = 0) {
  if (quietLooks < 2) {
    real.setTimeout(() => watch(atWork() ? 0 : quietLooks + 1), 1).unref();
    return;
  }
  const dues = [...sleeps].filter((sleep) => sleep.keepsAlive).map((sleep) => sleep.due);
  // without any sleep the invocation hangs for ever: until the function's time is up
  process.send({ type: 'sleep', until: dues.length > 0 ? Math.min(...dues) : null });
}

process.on('message', (message) => {
  now = Math.max(now, message.now);
  for (const sleep of [...sleeps].sort((a, b) => a.due - b.due)) {
    if (sleep.due > now) continue;
    sleeps.delete(sleep);
    sleep.callback(...sleep.args);
  }
  watch();
});
