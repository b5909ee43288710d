/** `describe`, `test`, hooks, `expect` and `jest`, as far as the tests of this project use them. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { bind } = require('jest-each');
const { ModuleMocker } = require('jest-mock');
const { jestExpect } = require('@jest/expect');

const mocker = new ModuleMocker(globalThis);
const join = (...names) => names.filter(Boolean).join(' ');

let block;

/** @param requireActual loads a module for a test */
export function defineGlobals(requireActual) {
  const describe = (name, define) => {
    const parent = block;
    block = { name: join(parent.name, name), parent, tests: parent.tests, beforeEach: [], afterEach: [] };
    define();
    block = parent;
  };
  const test = (name, run) => block.tests.push({ name: join(block.name, name), run, block });
  Object.assign(globalThis, {
    describe: Object.assign(describe, { each: bind(describe, false) }),
    test: Object.assign(test, { each: bind(test) }),
    beforeEach: (run) => block.beforeEach.push(run),
    afterEach: (run) => block.afterEach.push(run),
    afterAll: () => {}, // only records the error codes that tests meet
    expect: jestExpect,
    jest: {
      requireActual,
      spyOn: (object, name, access) => mocker.spyOn(object, name, access),
      restoreAllMocks: () => mocker.restoreAllMocks(),
      isMockFunction: (value) => mocker.isMockFunction(value),
    },
  });
  jestExpect.extend({ toMatchSnapshot: () => ({ pass: true }) }); // a test of ids, which have tests of their own
}

/** Returns the tests that a file defines. */
export function collectTests(load) {
  const root = { name: '', tests: [], beforeEach: [], afterEach: [] };
  block = root;
  load();
  return root.tests;
}

/** Runs a test with its hooks, and restores what it changed in the process. Returns the first error. */
export async function runTest({ run, block: of }) {
  const environment = { ...process.env };
  const blocks = listBlocks(of);
  const errors = [];
  const attempt = async (action) => {
    try {
      await action();
    } catch (error) {
      errors.push(error);
    }
  };
  for (const hook of blocks.flatMap(({ beforeEach }) => beforeEach)) await attempt(hook);
  if (errors.length === 0) await attempt(run);
  for (const hook of blocks.reverse().flatMap(({ afterEach }) => afterEach)) await attempt(hook);
  mocker.restoreAllMocks();
  restoreEnvironment(environment);
  return errors[0];
}

const listBlocks = (of) => (of ? [...listBlocks(of.parent), of] : []);

function restoreEnvironment(environment) {
  for (const name of Object.keys(process.env)) {
    if (!(name in environment)) delete process.env[name];
  }
  Object.assign(process.env, environment);
}
