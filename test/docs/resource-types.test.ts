import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Role } from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { ROOT } from './pages';
import * as library from '../../src';
import { countTypes, newIntegration, newStack, newTenant } from '../fixture';
import { loadExample, TOPICS } from '../support/examples';

const CONSTRUCTS = [
  library.AccessGrantsInstance,
  library.AdoptingAccessGrantsInstance,
  library.HealthCheck,
  library.ImmutaS3DataSources,
  library.ImmutaS3Integration,
  library.ImmutaTenant,
];

function listOwnTypes(app: IConstruct): string[] {
  return app.node.findAll()
    .filter((child): child is CfnResource => CfnResource.isCfnResource(child))
    .filter(({ node }) => node.scopes.some((scope) => CONSTRUCTS.some((type) => scope instanceof type)))
    .map(({ cfnResourceType }) => cfnResourceType);
}

/** Returns the section with the types, by the first cell of each row. */
function readRows(): Map<string, string[]> {
  const guide = readFileSync(path.join(ROOT, 'docs/guides/deploy-in-an-organization.md'), 'utf8');
  const [, section] = guide.split('## The role that deploys');
  const rows = section.split('\n## ')[0].split('\n').filter((line) => line.startsWith('| ')).slice(2);
  return new Map(rows.map((row) => {
    const [, first, types] = row.split('|');
    return [first.trim(), [...types.matchAll(/`((?:AWS|Custom)::[\w:]+)`/g)].map(([, type]) => type)];
  }));
}

const define = (props: (stack: Stack) => Partial<library.ImmutaS3IntegrationProps> = () => ({})) => {
  const stack = newStack();
  const accessGrantsInstance = library.AccessGrantsInstance.fromDefault(stack, 'Instance');
  return newIntegration(stack, 'Sales', { tenant: newTenant(stack), accessGrantsInstance, ...props(stack) });
};

const listTypes = ({ node }: IConstruct) => Object.keys(countTypes(Stack.of(node.scope!)));

test.each<[string, () => library.ImmutaS3Integration]>([
  ['`accessKeySecret`, `diagnosePermissions`, `eventBus`', () => define(() => ({ diagnosePermissions: true }))],
  ['`managedAccessKey`', () => define(() => ({
    authentication: library.ImmutaAuthentication.managedAccessKey({ rotation: Schedule.rate(Duration.days(30)) }),
  }))],
  ['an integration', () => define((stack) => ({ locationRole: Role.fromRoleName(stack, 'Role', 'role') }))],
])('the guide about organizations lists the types that %s adds', (row, defineIntegration) => {
  const rows = readRows();
  const expected = [...rows.get('a tenant')!, ...rows.get('an integration')!, ...rows.get(row)!];
  const types = listTypes(defineIntegration());
  const usual = listTypes(define());

  expect(expected).toEqual(expect.arrayContaining(types));
  expect(types).toEqual(expect.arrayContaining(rows.get(row)!));
  expect(rows.get(row)).toEqual(expect.arrayContaining(types.filter((type) => !usual.includes(type))));
});

test('the guide about organizations lists the types of all resources that the library creates', () => {
  const guide = readFileSync(path.join(ROOT, 'docs/guides/deploy-in-an-organization.md'), 'utf8');
  const [, section] = guide.split('## The role that deploys');
  const listed = [...section.split('\n## ')[0].matchAll(/`((?:AWS|Custom)::[\w:]+)`/g)].map(([, type]) => type);

  expect(listed).toEqual(expect.arrayContaining(TOPICS.flatMap((topic) => listOwnTypes(loadExample(topic)))));
});
