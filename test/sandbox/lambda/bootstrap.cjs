/** Runs a packaged handler for one event after the other, as Lambda's runtime does: `node bootstrap.cjs <code folder> <file.export>`. */
'use strict';
const path = require('node:path');
const { receive, send } = require('./channel.cjs');
const faults = require('./faults.cjs');
const time = require('./virtual-time.cjs');

const [folder, name] = process.argv.slice(2);

void (async () => {
  let handler;
  for (;;) {
    const { now, event, context, deadlineMs, ...settings } = receive();
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

function load() {
  const dot = name.lastIndexOf('.');
  return require(path.resolve(folder, name.slice(0, dot)))[name.slice(dot + 1)];
}
