import * as cdk from 'aws-cdk-lib';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as nag from 'cdk-nag';
import { newIntegration } from './fixture';
import { governedStack, shortPath, STACKS } from './governed-stack';
import { S3Location } from '../src';
import { PACKS } from './support/nag-packs';

interface Violation {
  readonly ruleName: string;
  readonly violatingResources: { constructPath: string }[];
}

function findings(app: App, packs: readonly (typeof PACKS)[number][], prepare = () => {}): string[] {
  app.synth();
  prepare();
  const violations = packs.flatMap((pack): Violation[] => new nag[pack]().validateScope(app).violations);
  return violations
    .flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${shortPath(constructPath)}: ${ruleName}`),
    )
    .sort();
}

/** Lets a finding fail the synthesis. */
function addPlugin(app: App): void {
  // The lowest aws-cdk-lib, against which this file is type-checked, does not have it.
  (cdk as any).Validations.of(app).addPlugins(new nag.AwsSolutionsChecks());
}

describe.each(STACKS)('of %s', (_, define, expected) => {
  test('has no finding of cdk-nag 3', () => {
    const app = new App();
    define(app);
    addPlugin(app);
    expect(() => app.synth()).not.toThrow();
    expect(findings(app, PACKS)).toEqual([]);
  });

  test('has only the necessary wildcards as findings of cdk-nag 3 without the acknowledgements', () => {
    const app = new App();
    define(app);
    const forget = () => {
      for (const resource of app.node.findAll().filter((child) => CfnResource.isCfnResource(child))) {
        jest.spyOn(resource.node, 'metadata', 'get').mockReturnValue([]);
      }
    };
    expect(findings(app, ['AwsSolutionsChecks'], forget)).toEqual(expected);
  });
});

test('fails the synthesis when cdk-nag 3 has a finding', () => {
  const app = new App();
  new s3.Bucket(new Stack(app, 'Home'), 'Bucket');
  addPlugin(app);
  expect(() => app.synth()).toThrow('AwsSolutions-S1');
});

test.each(['strong', 'weak'])('acknowledges %s references to other stacks', (strength) => {
  const app = new App({ context: { '@aws-cdk/core:defaultCrossStackReferences': strength } });
  const bucket = new s3.Bucket(new Stack(app, 'Home'), 'Bucket');
  newIntegration(new Stack(app, 'Stack'), 'Lake', { location: S3Location.bucket(bucket) });
  expect(findings(app, PACKS).filter((finding) => !finding.startsWith('Home/'))).toEqual([]);
});

test('lets cdk-nag 3 write the reasons into the template when its user asks for it', () => {
  const app = new App();
  const stack = governedStack(app);
  new nag.AwsSolutionsChecks(app, { writeSuppressionsToCloudFormation: true });
  const { Resources } = app.synth().getStackByName(stack.stackName).template;
  const reasons = Object.values<any>(Resources).flatMap(({ Metadata }) => Metadata?.cdk_nag?.rules_to_suppress ?? []);
  expect(reasons).toContainEqual({
    id: 'AwsSolutions-IAM5[Resource::*]', reason: 's3:ListAccessGrantsInstances has no resource type',
  });
});
