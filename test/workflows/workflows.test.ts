import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';

const GITHUB = path.resolve(__dirname, '../../.github');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
  readonly env?: Record<string, unknown>;
}

interface Job {
  readonly permissions?: Record<string, string>;
  readonly environment?: string | { readonly name: string };
  readonly steps: Step[];
}

const JOBS = readdirSync(path.join(GITHUB, 'workflows')).flatMap((file) => {
  const { jobs } = parse(readFileSync(path.join(GITHUB, 'workflows', file), 'utf8'));
  return Object.entries<Job>(jobs).map(([name, job]) => ({ title: `${file}: ${name}`, name, file, job }));
});
/** What a step runs, with the script that it calls. */
const readCommands = ({ run = '' }: Step) => {
  const [, script] = /^\.repo\/\.github\/([\w-]+\.sh)$/.exec(run) ?? [];
  return script ? readFileSync(path.join(GITHUB, script), 'utf8') : run;
};
const INSTALLS = new RegExp([
  /\bnpm (ci|i|install|exec)\b/, /\bnpx\b/, /\bpip3? install\b/, /\byarn\b/, /\bmvn\b/, /\bgo (get|install|run)\b/,
  /\bdotnet (tool|restore|build|pack)\b/, /\bapt(-get)?\b/, /node_modules/, /\bprojen\b/, /\btar\b/,
].map(({ source }) => source).join('|'));
const installs = (step: Step) => INSTALLS.test(readCommands(step));
/** The token of a run is limited by `permissions`. */
const secretsOf = (job: Job) =>
  [...JSON.stringify(job).matchAll(/secrets\.(\w+)/g)].map(([, secret]) => secret)
    .filter((secret) => secret !== 'GITHUB_TOKEN');

test('has a build and a release workflow', () => {
  expect(JOBS.map(({ title }) => title)).toEqual(expect.arrayContaining([
    'build.yml: build', 'release.yml: release', 'release.yml: release_npm', 'release.yml: release_maven',
    'release.yml: release_pypi', 'release.yml: release_nuget', 'release.yml: release_golang',
    'release.yml: release_github',
  ]));
});

describe.each(JOBS)('$title', ({ job, name }) => {
  const { steps } = job;

  test('pins every action by its commit', () => {
    const pins = steps.flatMap(({ uses }) => uses ?? []);
    expect(pins.filter((pin) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(pin))).toEqual([]);
  });

  test('keeps no credentials in a checkout', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
  });

  test('installs only what a lock file names', () => {
    const commands = steps.flatMap(({ run }) => run ?? []).join('\n');
    expect(commands).not.toMatch(/npm (i|install)\b|@latest|npx '?-p|npx -y|pip3? install/);
  });

  test('names its permissions, and may write only to publish', () => {
    expect(job.permissions).toBeDefined();
    const written = Object.entries(job.permissions!).filter(([, access]) => access === 'write').map(([scope]) => scope);
    const allowed: Record<string, string[]> = {
      release_github: ['contents'], release_npm: ['id-token'], release_nuget: ['id-token'], release_pypi: ['id-token'],
    };
    expect(written).toEqual(allowed[name] ?? []);
  });

  test('installs no dependencies if it may publish', () => {
    const publishes = job.permissions?.['id-token'] === 'write' || secretsOf(job).length > 0
      || job.permissions?.contents === 'write';
    expect(publishes ? steps.filter(installs) : []).toEqual([]);
  });
});

test('takes the script of a job that publishes from the repository', () => {
  const scripts = JOBS.flatMap(({ name, job: { steps } }) => {
    const hasCheckout = steps.some(({ uses }) => uses?.startsWith('actions/checkout@'));
    return steps.filter(({ run = '' }) => run.endsWith('.sh')).map(({ run }) => [name, run, hasCheckout]);
  });
  expect(scripts).toEqual([
    ['release_maven', '.repo/.github/publish-maven.sh', true],
    ['release_golang', '.repo/.github/publish-go.sh', true],
  ]);
});

const PUBLISHING = JOBS.filter(({ name }) => name.startsWith('release_'));
test.each(PUBLISHING)('runs $name in the protected environment', ({ job }) => {
  expect(job.environment).toEqual('publishing');
});

test('updates dependencies on a schedule', () => {
  const { updates } = parse(readFileSync(path.join(GITHUB, 'dependabot.yml'), 'utf8'));
  expect(updates.map((update: any) => `${update['package-ecosystem']} ${update.directory} ${update.schedule.interval}`))
    .toEqual(['npm / weekly', 'npm /benchmarks/published weekly', 'npm /mutation weekly', 'github-actions / weekly']);
});

test('has an owner for every file, and a private way to report a vulnerability', () => {
  expect(readFileSync(path.join(GITHUB, 'CODEOWNERS'), 'utf8')).toMatch(/^\* @\S+$/m);
  expect(readFileSync(path.join(GITHUB, '../SECURITY.md'), 'utf8')).toContain('Report a vulnerability');
});
