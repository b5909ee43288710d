/**
 * A test runner of Stryker for the tests of this project. That of jest loads all tests, the AWS SDK and the CDK again
 * for each change. Here, one process keeps the packages. It loads the sources and the tests that a change needs again,
 * so that no state is left of the change before, and ends with the first test that fails.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { commonTokens, declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached, DryRunStatus, MutantRunStatus, TestStatus, toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { collectTests, defineGlobals, runTest } from './jest-globals.mjs';

const { transformSync } = createRequire(import.meta.url)('esbuild');

/** What the changed sources read and write. */
const stryker = (globalThis.__stryker__ ??= {});

class InProcessTestRunner {
  static inject = [commonTokens.options];

  constructor({ tests }) {
    this.files = tests;
    this.durations = new Map();
    /** IDs of tests that found a change, the last one first. They are likely to find the next one. */
    this.finders = [];
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  init() {
    // the working directory is the copy of the project that Stryker changes
    this.require = createRequire(path.resolve('package.json'));
    this.require.extensions['.ts'] = createCompiler();
  }

  async dryRun({ coverageAnalysis }) {
    stryker.mutantCoverage = { static: {}, perTest: {} };
    const results = await runTests(this.load(this.files), { isBailing: false });
    results.forEach(({ id, timeSpentMs }) => this.durations.set(id, timeSpentMs));
    const { mutantCoverage } = stryker;
    stryker.mutantCoverage = undefined;
    const isCovering = coverageAnalysis !== 'off'; // otherwise all tests run for each change
    return { status: DryRunStatus.Complete, tests: results, ...isCovering ? { mutantCoverage } : {} };
  }

  /** @param testFilter IDs of the tests that cover the change. @default - all */
  async mutantRun({ activeMutant, testFilter, disableBail, hitLimit }) {
    Object.assign(stryker, { activeMutant: activeMutant.id, hitLimit, hitCount: hitLimit ? 0 : undefined });
    try {
      const isNeeded = (id) => !testFilter || testFilter.includes(id);
      const files = this.files.filter((file) => !testFilter || testFilter.some((id) => id.startsWith(`${file}: `)));
      const tests = this.load(files).filter(({ id }) => isNeeded(id)).sort((a, b) => this.rank(a) - this.rank(b));
      const results = await runTests(tests, { isBailing: !disableBail });
      const found = results.filter(({ status }) => status === TestStatus.Failed).map(({ id }) => id);
      this.finders = [...found, ...this.finders.filter((id) => !found.includes(id))];
      const timeout = determineHitLimitReached(stryker.hitCount, hitLimit);
      return toMutantRunResult(timeout ?? { status: DryRunStatus.Complete, tests: results }, disableBail);
    } catch (error) {
      return { status: MutantRunStatus.Error, errorMessage: `${error.stack}` }; // the changed sources do not load
    } finally {
      Object.assign(stryker, { activeMutant: undefined, hitLimit: undefined, hitCount: undefined });
    }
  }

  /** Tests with the lowest rank run first: those that found a change lately, then the quick ones. */
  rank({ id }) {
    const index = this.finders.indexOf(id);
    return index >= 0 ? index - this.finders.length : this.durations.get(id) ?? 0;
  }

  /** Loads test files and all sources again. */
  load(files) {
    const { cache } = this.require;
    Object.keys(cache).filter((file) => !file.includes('/node_modules/')).forEach((file) => delete cache[file]);
    defineGlobals(this.require); // without what tests added to `expect`
    this.require('./test/support/setup');
    return files.flatMap((file) => {
      const numbers = new Map();
      return collectTests(() => this.require(`./${file}`)).map((test) => {
        const number = (numbers.get(test.name) ?? 0) + 1;
        numbers.set(test.name, number);
        const id = `${file}: ${test.name}${number > 1 ? ` (${number})` : ''}`;
        return { ...test, id, fileName: path.resolve(file) };
      });
    });
  }
}

/** Compiles each file once, as a CommonJS module. */
function createCompiler() {
  const compiled = new Map();
  const options = { loader: 'ts', format: 'cjs', target: 'node20', supported: { 'dynamic-import': false } };
  return (module, file) => {
    if (!compiled.has(file)) {
      compiled.set(file, transformSync(readFileSync(file, 'utf8'), { ...options, sourcefile: file }).code);
    }
    module._compile(compiled.get(file), file);
  };
}

async function runTests(tests, { isBailing }) {
  const results = [];
  for (const test of tests) {
    const { id, name, fileName } = test;
    const begin = performance.now();
    stryker.currentTestId = id;
    const error = await runTest(test);
    stryker.currentTestId = undefined;
    results.push({
      ...{ id, name, fileName, timeSpentMs: Math.round(performance.now() - begin) },
      ...error
        ? { status: TestStatus.Failed, failureMessage: `${error.stack ?? error}` }
        : { status: TestStatus.Success },
    });
    if (error && isBailing) break;
  }
  return results;
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessTestRunner)];
