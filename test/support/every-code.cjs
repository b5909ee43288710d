const { readdirSync, readFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const tsx = require('tsx/cjs/api');

const ROOT = path.resolve(__dirname, '../..');
const QUICK_TEST = /(?<!\.(slow|newest))\.test\.ts$/;

/**
 * A jest reporter that fails a run of all quick tests if the tables of messages have a code that no test has met.
 * `observe-codes.ts` records what the tests meet. A run of some tests proves nothing, and is not checked.
 */
module.exports = class EveryCode {
  constructor({ testNamePattern }) {
    this.isSelection = Boolean(testNamePattern);
    this.missing = [];
  }

  onRunComplete(_contexts, { testResults, numFailedTests, numRuntimeErrorTestSuites }) {
    const ran = new Set(testResults.map(({ testFilePath }) => path.relative(ROOT, testFilePath)));
    const isComplete = !this.isSelection && listQuickTests().every((file) => ran.has(file));
    if (isComplete && numFailedTests + numRuntimeErrorTestSuites === 0) {
      this.missing = findMissingCodes();
    }
    if (this.missing.length > 0) {
      console.error(`no test meets the codes ${this.missing.join(', ')}`);
    }
  }

  getLastError() {
    return this.missing.length > 0 ? new Error('no test meets each code') : undefined;
  }
};

function listQuickTests() {
  return readdirSync(path.join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => QUICK_TEST.test(file))
    .map((file) => path.join('test', file));
}

function readCodes() {
  const { MESSAGES } = tsx.require('../../src/handler/messages.ts', __filename);
  const { SYNTH_MESSAGES } = tsx.require('../../src/private/validation/messages.ts', __filename);
  return Object.keys({ ...MESSAGES, ...SYNTH_MESSAGES });
}

function findMissingCodes() {
  const observed = readFileSync(path.join(tmpdir(), 'observed-codes'), 'utf8').split('\n');
  return readCodes().filter((code) => !observed.includes(code));
}
