import { awscdk, Component, github, YamlFile } from 'projen';

/** Commits of the versions that the workflows use. */
const ACTIONS: Record<string, string> = {
  'actions/download-artifact': '3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c', // v8.0.1
  'actions/setup-dotnet': 'd4c94342e560b34958eacfc5d055d21461ed1c5d', // v5.0.0
  'actions/setup-go': 'b7ad1dad31e06c5925ef5d2fc7ad053ef454303e', // v7.0.0
  'actions/setup-java': 'dded0888837ed1f317902acf8a20df0ad188d165', // v5.0.0
  'actions/setup-node': '820762786026740c76f36085b0efc47a31fe5020', // v7.0.0
  'actions/setup-python': '5fda3b95a4ea91299a34e894583c3862153e4b97', // v7.0.0
  'actions/upload-artifact': '043fb46d1a93c77aae656e7c1c64a875d1fc6a0a', // v7.0.1
  'NuGet/login': 'd22cc5f58ff5b88bf9bd452535b4335137e24544', // v1.1.0
  'pypa/gh-action-pypi-publish': 'ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e', // v1.13.0
};

const pin = (action: string) => `${action}@${ACTIONS[action]}`;

/**
 * What a release has in addition to packages: the comparison with the last API, a bill of materials, API references,
 * and workflows whose parts are pinned and have no more permissions than they need.
 */
export function prepareReleases(project: awscdk.AwsCdkConstructLibrary): void {
  const compat = project.tasks.tryFind('compat')!;
  compat.reset('api-baseline/compare');
  project.postCompileTask.spawn(compat);
  project.addTask('compat:baseline', {
    description: 'Take the present API as the one that `compat` compares with',
    exec: 'cp .jsii api-baseline/jsii.json',
  });
  project.gitattributes.addAttributes('/api-baseline/jsii.json', 'linguist-generated');

  const sbom = project.addTask('sbom', {
    description: 'Write the software bill of materials of what is published',
    exec: 'tsx projenrc/generate-sbom.ts',
  });
  project.packageTask.spawn(sbom);
  project.addTask('release:rehearse', {
    description: 'Create and check everything that a release publishes, from the last commit. Publishes nothing',
    exec: 'tsx projenrc/rehearse-release.ts',
  });
  project.release!.publisher.addGitHubPostPublishingSteps({
    name: 'Attach the software bill of materials and the API references',
    if: '${{ !inputs.dry_run }}',
    env: { GITHUB_TOKEN: '${{ secrets.GITHUB_TOKEN }}' },
    run:
      'gh release upload "$(cat dist/releasetag.txt)" dist/sbom.cdx.json dist/references/*.md --clobber ' +
      '-R "$GITHUB_REPOSITORY"',
  });

  Object.keys(ACTIONS).forEach((action) => project.github!.actions.set(action, pin(action)));
  new HardenedWorkflows(project);
  lintTitlesWithoutSecrets(project);
  updateDependencies(project);
}

/** Checks the titles of pull requests, also of forks, without a token that may write. */
function lintTitlesWithoutSecrets(project: awscdk.AwsCdkConstructLibrary): void {
  const lint = project.tryFindObjectFile('.github/workflows/pull-request-lint.yml')!;
  lint.addOverride('on', {
    pull_request: { types: ['opened', 'synchronize', 'reopened', 'ready_for_review', 'edited'] },
  });
  lint.addDeletionOverride('on.pull_request_target');
  lint.addOverride('jobs.validate.permissions', { 'pull-requests': 'read' });
  lint.addOverride('jobs.validate.if', "github.event_name == 'pull_request'");
}

/** Dependabot waits a week, in which most malicious versions are found. */
function updateDependencies(project: awscdk.AwsCdkConstructLibrary): void {
  const update = (ecosystem: string, directory: string, more = {}) => ({
    'package-ecosystem': ecosystem,
    directory,
    'schedule': { interval: 'weekly' },
    'cooldown': { 'default-days': 7 },
    ...more,
  });
  new YamlFile(project, '.github/dependabot.yml', {
    committed: true,
    obj: {
      version: 2,
      updates: [
        // projen writes package.json
        update('npm', '/', { 'versioning-strategy': 'lockfile-only' }),
        ...['benchmarks/published', 'mutation'].map((folder) => update('npm', `/${folder}`)),
        update('github-actions', '/'),
      ],
    },
  });
}

type Job = github.workflows.Job;
type JobStep = github.workflows.JobStep;

/**
 * Splits each job that publishes: one installs dependencies and creates the package without any secret, the other
 * downloads and publishes it.
 */
class HardenedWorkflows extends Component {
  constructor(private readonly library: awscdk.AwsCdkConstructLibrary) {
    super(library);
  }

  public preSynthesize(): void {
    const release = this.library.github!.tryFindWorkflow('release')!;
    for (const [name, job] of Object.entries(release.jobs as Record<string, Job>)) {
      const language = /^release_(npm|maven|pypi|nuget|golang)$/.exec(name)?.[1];
      if (language) {
        release.addJob(`package_${language}`, packageJob(language, job));
        release.updateJob(name, publishJob(language, job));
      }
    }
    // Tags and releases are created by release_github.
    const build = release.jobs.release as Job;
    release.updateJob('release', {
      ...build,
      permissions: { contents: github.workflows.JobPermission.READ },
      steps: listSteps(build).flatMap((step) => (step.name === 'release'
        ? [step, { name: 'Check the package and what the release attaches', run: `npx ${CHECK_RELEASE} npm github` }]
        : [step])),
    });
    for (const workflow of this.library.github!.workflows) {
      for (const [name, job] of Object.entries(workflow.jobs as Record<string, Job>)) {
        workflow.updateJob(name, { ...job, steps: listSteps(job).map(forgetCredentials) });
      }
    }
  }
}

/** projen gives the steps of some jobs as a function. */
function listSteps({ steps }: Job): JobStep[] {
  return typeof steps === 'function' ? (steps as () => JobStep[])() : steps;
}

function isCheckout({ uses }: JobStep): boolean {
  return uses?.startsWith('actions/checkout') ?? false;
}

function forgetCredentials(step: JobStep): JobStep {
  return isCheckout(step) && !step.with?.token
    ? { ...step, with: { ...step.with, 'persist-credentials': false } }
    : step;
}

function findPublishing(job: Job): number {
  return listSteps(job).findIndex(({ name }) => name === 'Release');
}

const CHECK_RELEASE = 'tsx projenrc/check-release.ts';

function packageJob(language: string, job: Job): Job {
  const { environment: _, env: __, ...rest } = job;
  return {
    ...rest,
    name: `Package for ${language}`,
    permissions: { contents: github.workflows.JobPermission.READ },
    steps: [
      ...listSteps(job).slice(0, findPublishing(job)),
      { name: 'Check the package', run: `cd .repo && npx ${CHECK_RELEASE} --dist ../dist ${language}` },
      {
        name: 'Upload the package',
        uses: pin('actions/upload-artifact'),
        with: { name: `package-${language}`, path: 'dist', overwrite: true },
      },
    ],
  };
}

function publishJob(language: string, job: Job): Job {
  return {
    ...job,
    needs: ['release', `package_${language}`],
    tools: TOOL_USERS.includes(language) ? job.tools : {},
    steps: [
      ...(SCRIPT_USERS.includes(language) ? listSteps(job).filter(isCheckout).map(checkOutScripts) : []),
      {
        name: 'Download the package',
        uses: pin('actions/download-artifact'),
        with: { name: `package-${language}`, path: 'dist' },
      },
      ...PUBLISH[language],
    ],
  };
}

const UNLESS_DRY = '${{ !inputs.dry_run }}';

/** These publish with the tool of their language. */
const TOOL_USERS = ['npm', 'nuget'];
/** These publish with a script of `.github`, which uses only what the runner has. */
const SCRIPT_USERS = ['maven', 'golang'];

/** The script comes from the repository, not from the job that installs dependencies. */
function checkOutScripts(step: JobStep): JobStep {
  return { ...step, with: { ...step.with, 'sparse-checkout': '.github' } };
}

const PUBLISH: Record<string, JobStep[]> = {
  npm: [{
    name: 'Release',
    env: { DRY_RUN: '${{ inputs.dry_run }}' },
    run: 'npm publish ./dist/js/*.tgz --access public --provenance --ignore-scripts '
      + '$([ "$DRY_RUN" = true ] && echo --dry-run)',
  }],
  pypi: [{
    name: 'Release',
    if: UNLESS_DRY,
    uses: pin('pypa/gh-action-pypi-publish'),
    with: { 'packages-dir': 'dist/python', 'skip-existing': true },
  }],
  nuget: [
    {
      name: 'Get a key for one hour',
      id: 'login',
      if: UNLESS_DRY,
      uses: pin('NuGet/login'),
      with: { user: '${{ secrets.NUGET_USERNAME }}' },
    },
    {
      name: 'Release',
      if: UNLESS_DRY,
      env: { NUGET_API_KEY: '${{ steps.login.outputs.NUGET_API_KEY }}' },
      run: 'dotnet nuget push "dist/dotnet/*.nupkg" --api-key "$NUGET_API_KEY" --skip-duplicate --source nuget.org',
    },
  ],
  maven: [{
    name: 'Release',
    env: {
      DRY_RUN: '${{ inputs.dry_run }}',
      MAVEN_GPG_PRIVATE_KEY: '${{ secrets.MAVEN_GPG_PRIVATE_KEY }}',
      MAVEN_GPG_PRIVATE_KEY_PASSPHRASE: '${{ secrets.MAVEN_GPG_PRIVATE_KEY_PASSPHRASE }}',
      MAVEN_PASSWORD: '${{ secrets.MAVEN_PASSWORD }}',
      MAVEN_USERNAME: '${{ secrets.MAVEN_USERNAME }}',
    },
    run: '.repo/.github/publish-maven.sh',
  }],
  golang: [{
    name: 'Release',
    env: { DRY_RUN: '${{ inputs.dry_run }}', GO_GITHUB_TOKEN: '${{ secrets.GO_GITHUB_TOKEN }}' },
    run: '.repo/.github/publish-go.sh',
  }],
};
