/** Output goes to the sandbox, and `*.localhost` is found; what goes wrong in between is said with each event. */
'use strict';
const dns = require('node:dns');
const { send } = require('./channel.cjs');

let unresolved;
let fatalLine;

/**
 * @param settings.unresolved how many look-ups of `localhost` fail
 * @param settings.killAfter the process is gone when it has written such a line
 */
exports.set = (settings) => {
  unresolved = settings.unresolved;
  fatalLine = settings.killAfter === undefined ? undefined : new RegExp(settings.killAfter);
};

const lookup = dns.lookup;
dns.lookup = (hostname, options, callback) => {
  if (hostname === 'localhost' && unresolved-- > 0) {
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
      hostname,
    });
    return process.nextTick(() => (callback ?? options)(error));
  }
  if (!hostname.endsWith('.localhost')) return lookup(hostname, options, callback);
  const done = callback ?? options;
  return process.nextTick(() =>
    options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  );
};

for (const stream of [process.stdout, process.stderr]) {
  stream.write = (text, ...rest) => {
    send({ type: 'output', text: String(text) });
    if (fatalLine?.test(text)) process.kill(process.pid, 'SIGKILL');
    const callback = rest.find((argument) => typeof argument === 'function');
    if (callback) process.nextTick(callback);
    return true;
  };
}
