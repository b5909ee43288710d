import { awscdk } from 'projen';

/** Tasks that take minutes and prove nothing by passing: benchmarks and mutation testing. CI does not run them. */
export function addMeasurements(project: awscdk.AwsCdkConstructLibrary): void {
  const bench = project.addTask('bench', {
    description: 'Measure synthesis, package, function and deployments, and write docs/performance.md',
    env: { CDK_VALIDATION: 'false' },
  });
  // The libraries that it compares use the project's own CDK.
  bench.exec('npm ci --prefix benchmarks/published --ignore-scripts --legacy-peer-deps --no-audit --no-fund');
  bench.spawn(project.bundler.bundleTask);
  bench.spawn(project.compileTask);
  bench.exec('tsx benchmarks/main.ts');

  const mutation = project.addTask('mutation', {
    description: 'Change the sources at one place at a time and list the changes that no test notices: -- deletion',
    env: { CDK_VALIDATION: 'false' },
  });
  mutation.exec('npm ci --prefix mutation --ignore-scripts --no-audit --no-fund');
  mutation.spawn(project.bundler.bundleTask);
  mutation.exec('node mutation/main.mjs', { receiveArgs: true });
  project.addPackageIgnore('/mutation/');
  project.gitignore.addPatterns('/mutation/reports/', '/mutation/.stryker-tmp/');
}
