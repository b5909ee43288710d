/**
 * Makes a module of aws-cdk-lib remember its exports. Before 2.190, each use of an export is a call of `require`, which
 * costs little in Node.js and half of the time of a test in jest.
 */
'use strict';
const { createHash } = require('node:crypto');

const GETTER = /get:\(\)=>require\("([^"]+)"\)\.(\w+)/g;

const remember = (_getter, file, name) =>
  `get:()=>{const value=require("${file}").${name};Object.defineProperty(exports,"${name}",{value});return value}`;

module.exports = {
  process: (code) => ({ code: code.replace(GETTER, remember) }),
  getCacheKey: (code) => createHash('sha256').update(`1 ${code}`).digest('hex'),
};
