import { readFileSync } from 'node:fs';

const groups = JSON.parse(readFileSync(new URL('groups.json', import.meta.url), 'utf8'));
const name = process.env.MUTATION_GROUP;
const { mutate, tests } = groups[name];
/** Files or lines instead of those of the group, such as `src/handler/protocol/run.ts:10-40`. */
const only = process.env.MUTATION_ONLY?.split(',');

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: only ?? mutate,
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  jest: {
    projectType: 'custom',
    enableFindRelatedTests: false,
    config: {
      testEnvironment: 'node',
      testMatch: tests.map((glob) => `<rootDir>/${glob}`),
      testPathIgnorePatterns: ['\\.(newest|slow)\\.test\\.ts$'],
      transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'test/tsconfig.json', diagnostics: false }] },
      setupFiles: ['<rootDir>/test/support/setup.ts'],
      globalSetup: '<rootDir>/test/support/temporary-folder.ts',
      testTimeout: 300_000,
    },
  },
  coverageAnalysis: 'perTest',
  ignoreStatic: true, // a change of a module's constant would run every test
  disableTypeChecks: false, // ts-jest checks no types here
  ignorePatterns: ['/lib', '/dist', '/examples', '/api-baseline', '/rosetta', '/API.md'],
  tempDirName: 'mutation/.stryker-tmp',
  incremental: true,
  incrementalFile: `mutation/reports/${name}-incremental.json`,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `mutation/reports/${name}.json` },
  concurrency: 1,
  // They end what hangs, however busy the machine is.
  dryRunTimeoutMinutes: 60,
  timeoutMS: 20_000,
};
