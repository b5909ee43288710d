/**
 * Messages between a function's process and the sandbox, both ways on one file descriptor: JSON, one a line.
 *
 * Reading blocks the process, so that it is frozen until the sandbox has something to say, as Lambda freezes it: no
 * timer fires and no connection is served. It ends with the sandbox. Writing blocks, too: messages and output keep
 * their order.
 */
'use strict';
const fs = require('node:fs');

const FD = 3;
const LINE_FEED = 10;
const buffer = Buffer.alloc(65_536);

exports.send = (message) => fs.writeFileSync(FD, `${JSON.stringify(message)}\n`);

exports.receive = () => {
  const parts = [];
  do {
    const length = fs.readSync(FD, buffer);
    if (length === 0) process.exit();
    parts.push(Buffer.from(buffer.subarray(0, length)));
  } while (parts.at(-1).at(-1) !== LINE_FEED); // the sandbox sends one message and waits
  return JSON.parse(Buffer.concat(parts));
};
