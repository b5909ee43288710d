/** Finds `<account>.localhost`, the host of S3 Control, which not every machine resolves. */
'use strict';
const dns = require('node:dns');

const { lookup } = dns;
dns.lookup = (hostname, ...rest) => lookup(hostname.endsWith('.localhost') ? '127.0.0.1' : hostname, ...rest);
