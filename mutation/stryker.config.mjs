import { readGroup } from './groups.mjs';

const name = process.env.MUTATION_GROUP;
const { mutate, tests, sharesResults } = readGroup(name);
/** Files or lines instead of those of the group, such as `src/handler/protocol/run.ts:10-40`. */
const only = process.env.MUTATION_ONLY?.split(',');

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: only ?? mutate,
  tests, // an option of the test runner
  plugins: ['test-runner', 'ignore-log', 'list-missed'].map((name) => new URL(`${name}.mjs`, import.meta.url).pathname),
  testRunner: 'in-process',
  ignorers: ['log'],
  coverageAnalysis: sharesResults ? 'off' : 'perTest',
  ignoreStatic: !sharesResults, // a change of a module's constant would run every test of the group
  disableTypeChecks: false, // esbuild checks no types
  ignorePatterns: ['/lib', '/dist', '/examples', '/api-baseline', '/rosetta', '/API.md'],
  tempDirName: 'mutation/.stryker-tmp',
  incremental: true,
  incrementalFile: `mutation/reports/${name}-incremental.json`,
  reporters: ['missed', 'json'],
  jsonReporter: { fileName: `mutation/reports/${name}.json` },
  warnings: { unknownOptions: false },
  concurrency: 1,
  // They end what hangs, however busy the machine is.
  dryRunTimeoutMinutes: 60,
  timeoutMS: 60_000,
};
