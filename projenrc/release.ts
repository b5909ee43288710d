import { awscdk } from 'projen';

/**
 * What a release has in addition to packages: the comparison with the last API, a bill of materials and API
 * references.
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
    exec: 'npm sbom --sbom-format cyclonedx --omit dev > dist/sbom.cdx.json',
  });
  project.packageTask.spawn(sbom);
  project.release!.publisher.addGitHubPostPublishingSteps({
    name: 'Attach the software bill of materials and the API references',
    if: '${{ !inputs.dry_run }}',
    env: { GITHUB_TOKEN: '${{ secrets.GITHUB_TOKEN }}' },
    run:
      'gh release upload "$(cat dist/releasetag.txt)" dist/sbom.cdx.json dist/references/*.md --clobber ' +
      '-R "$GITHUB_REPOSITORY"',
  });
  // publib knows where npm packages go
  project
    .tryFindObjectFile('.github/workflows/release.yml')!
    .addDeletionOverride('jobs.release_npm.steps.9.env.NPM_REGISTRY');
}
