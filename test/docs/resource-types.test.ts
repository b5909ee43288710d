import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CfnResource } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { ROOT } from './pages';
import * as library from '../../src';
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

test('the guide about organizations lists the types of all resources that the library creates', () => {
  const guide = readFileSync(path.join(ROOT, 'docs/guides/deploy-in-an-organization.md'), 'utf8');
  const [, section] = guide.split('## The role that deploys');
  const listed = [...section.split('\n## ')[0].matchAll(/`((?:AWS|Custom)::[\w:]+)`/g)].map(([, type]) => type);

  expect(listed).toEqual(expect.arrayContaining(TOPICS.flatMap((topic) => listOwnTypes(loadExample(topic)))));
});
