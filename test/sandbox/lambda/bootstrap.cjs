/**
 * Runs a packaged handler for one event after the other, as Lambda's runtime does: `node bootstrap.cjs <code folder>
 * <file.export>`.
 *
 * An event may be for another function than the one before: then it comes with that function and its environment.
 */
'use strict';
const path = require('node:path');
const tls = require('node:tls');
const { receive, send } = require('./channel.cjs');
const faults = require('./faults.cjs');
const time = require('./virtual-time.cjs');

let [codeFolder, name] = process.argv.slice(2);
let handler;

// Node reads the certificate when it first needs one, and the sandbox that has it may be gone by then
if (process.env.NODE_EXTRA_CA_CERTS) tls.createSecureContext();

void (async () => {
  for (;;) {
    const { now, serve, event, context, deadlineMs, ...settings } = receive();
    if (serve) become(serve, now);
    faults.set(settings);
    await time.thaw(now);
    try {
      handler ??= load();
      await handler(event, { ...context, getRemainingTimeInMillis: () => deadlineMs - Date.now() });
      send({ type: 'finished' });
    } catch (error) {
      console.error(error);
      send({ type: handler ? 'finished' : 'unable to load', error: String(error?.message ?? error) });
    }
  }
})();

function become(fn, now) {
  Object.keys(process.env).forEach((key) => delete process.env[key]);
  Object.assign(process.env, fn.env);
  process.chdir(fn.codeFolder);
  // all but the sandbox's own files, and the AWS SDK
  const stays = (file) => file.startsWith(__dirname + path.sep) || file.includes(`${path.sep}node_modules${path.sep}`);
  Object.keys(require.cache).filter((file) => !stays(file)).forEach((file) => delete require.cache[file]);
  time.begin(now);
  [codeFolder, name, handler] = [fn.codeFolder, fn.handler, undefined];
}

function load() {
  const dot = name.lastIndexOf('.');
  return require(path.resolve(codeFolder, name.slice(0, dot)))[name.slice(dot + 1)];
}
