/** Runs one invocation of a packaged handler, as Lambda's runtime would: `node bootstrap.cjs <code folder> <file.export>`. */
'use strict';
const path = require('node:path');

const [folder, name] = process.argv.slice(2);

process.once('message', async ({ event, context }) => {
  const finish = (outcome) => process.send({ type: 'finished', ...outcome }, () => process.exit(0));
  try {
    const dot = name.lastIndexOf('.');
    const handler = require(path.resolve(folder, name.slice(0, dot)))[name.slice(dot + 1)];
    const { deadlineMs, ...rest } = context;
    const result = await handler(event, { ...rest, getRemainingTimeInMillis: () => deadlineMs - Date.now() });
    finish({ result });
  } catch (error) {
    console.error(error);
    finish({ error: String(error?.message ?? error) });
  }
});
