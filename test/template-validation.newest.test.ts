import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { STACKS } from './governed-stack';

const { CDK_VALIDATION } = process.env;
beforeAll(() => { delete process.env.CDK_VALIDATION; });
afterAll(() => { process.env.CDK_VALIDATION = CDK_VALIDATION; });

/** Returns the problems that the CDK itself reports in the app. aws-cdk-lib validates templates since 2.264. */
function reported(define: (app: App) => Stack): string[] {
  const app = new App();
  define(app);
  const { directory } = app.synth();
  const { pluginReports } = JSON.parse(fs.readFileSync(path.join(directory, 'validation-report.json'), 'utf8'));
  return pluginReports.flatMap(({ violations }: { violations: { ruleName: string }[] }) =>
    violations.map(({ ruleName }) => ruleName),
  );
}

test('reports a problem when the template is another', () => {
  expect(reported((app) => {
    const stack = new Stack(app, 'Stack');
    new CfnResource(stack, 'Bucket', { type: 'AWS::S3::Bucket', properties: { NoSuchProperty: 1 } });
    return stack;
  })).not.toEqual([]);
});

test.each(STACKS)("reports no problem of the CDK's validation in %s", (_, define) => {
  expect(reported(define)).toEqual([]);
});
