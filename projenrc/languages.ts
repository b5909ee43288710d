import { awscdk, Task } from 'projen';

/**
 * The lowest aws-cdk-lib in Go: the bindings of older ones do not compile with the constructs that we ask for. Go takes
 * the lowest version that all modules agree on, so that ours has to say it.
 */
const LOWEST_CDK_GO = '2.240.0';

const PACMAK = 'jsii-pacmak -v --rosetta-unknown-snippets fail --target';

/**
 * Packages, references and tests in the languages beside TypeScript.
 *
 * @param readme translates the README and the API, which the packages hold
 */
export function packageLanguages(project: awscdk.AwsCdkConstructLibrary, readme: Task): void {
  for (const language of ['python', 'java', 'dotnet']) {
    project.tasks.tryFind(`package:${language}`)!.reset(`${PACMAK} ${language}`);
  }
  // what is published is source: `test:languages` compiles it, with a newer aws-cdk-lib than pacmak would
  const packageGo = project.tasks.tryFind('package:go')!;
  packageGo.reset(`${PACMAK} go --code-only`);
  packageGo.exec(`go mod edit -require github.com/aws/aws-cdk-go/awscdk/v2@v${LOWEST_CDK_GO}`, {
    cwd: 'dist/go/cdkimmutas3integration',
  });
  ['python', 'java', 'go', 'dotnet'].forEach((language) =>
    project.tasks.tryFind(`package:${language}`)!.prependSpawn(readme),
  );

  const references = project.addTask('references', {
    description: 'Write the API references of the other languages to dist/references, which a release attaches',
  });
  references.exec('mkdir -p dist/references');
  ['python', 'java', 'go', 'csharp'].forEach((language) =>
    references.exec(`jsii-docgen --language ${language} --output dist/references/api-${language}`),
  );
  project.packageTask.spawn(references);

  const test = project.addTask('test:languages', {
    description:
      'Install the packages of every language, and compare what the examples synthesize ' +
      '(needs Python, Java with Maven, and Go; .NET if it is there)',
  });
  test.spawn(project.bundler.bundleTask);
  test.spawn(project.compileTask);
  test.exec('tsx test/languages/main.ts');
  // The runner has the tools of all languages.
  project.buildWorkflow!.addPostBuildSteps({ name: 'every language', run: 'npm run test:languages' });
}
