import { Aspects, CfnResource, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as nag from 'cdk-nag-2';
import { listResources } from './fixture';
import { governedStack, shortPath, STACKS } from './governed-stack';
import { Annotations } from './support/annotations';
import { PACKS } from './support/nag-packs';

const ANY_FINDING = Match.stringLikeRegexp('(AwsSolutions|HIPAA|NIST|PCI).*-|CdkNag');

function errors(stack: Stack): string[] {
  return Annotations.fromStack(stack)
    .findError('*', ANY_FINDING)
    .map(({ id, entry }) => `${shortPath(id)}: ${/^[\w.]+-\w+(\[.*?\](?=:))?/.exec(entry.data as string)?.[0]}`)
    .sort();
}

describe.each(STACKS)('of %s', (_, define, findings) => {
  test('has no finding of cdk-nag 2', () => {
    const stack = define();
    PACKS.forEach((pack) => Aspects.of(stack).add(new nag[pack]({ reports: false })));
    expect(errors(stack)).toEqual([]);
    Annotations.fromStack(stack).hasNoWarning('*', ANY_FINDING);
  });

  test('has only the necessary wildcards as findings of cdk-nag 2 without the acknowledgements', () => {
    const stack = define();
    for (const resource of stack.node
      .findAll()
      .filter((child): child is CfnResource => CfnResource.isCfnResource(child))) {
      delete resource.cfnOptions.metadata?.cdk_nag;
    }
    Aspects.of(stack).add(new nag.AwsSolutionsChecks({ reports: false }));
    expect(errors(stack)).toEqual(findings);
  });
});

test('acknowledges findings when logical IDs change later', () => {
  const stack = governedStack();
  const bucketRole = stack.node.findAll().find((child) => child.node.id === 'LocationRole')!;
  (bucketRole.node.defaultChild as CfnResource).overrideLogicalId('Renamed');
  Aspects.of(stack).add(new nag.AwsSolutionsChecks({ reports: false }));
  expect(errors(stack)).toEqual([]);
  expect(listResources(stack).Renamed.Type).toBe('AWS::IAM::Role');
});
