import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';

/**
 * The packages for Go and .NET use types of other packages by the names that these have in the lowest aws-cdk-lib. The
 * names must never change.
 */

interface Assembly {
  readonly types: Record<string, { readonly fqn: string; readonly base?: string; readonly interfaces?: string[] }>;
}

const ROOT = path.resolve(__dirname, '../..');

function readAssembly(folder: string): Assembly {
  const file = JSON.parse(readFileSync(path.join(folder, '.jsii'), 'utf8'));
  return file.schema === 'jsii/file-redirect'
    ? JSON.parse(gunzipSync(readFileSync(path.join(folder, file.filename))).toString())
    : file;
}

/** Every type that the value refers to. */
function referredTo(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => key === 'fqn' ? [inner] : referredTo(inner));
}

const own = readAssembly(ROOT);
const types = Object.values(own.types);

test('uses only types that the newest aws-cdk-lib has under the same name', () => {
  const newest = readAssembly(path.join(ROOT, 'node_modules/aws-cdk-lib-newest'));
  const used = [...new Set(referredTo(types))].filter((name) => name.startsWith('aws-cdk-lib.'));
  expect(used).toContain('aws-cdk-lib.aws_s3.IBucket');
  expect(used.filter((name) => !(name in newest.types))).toEqual([]);
});

test('inherits only Construct and three interfaces of one member from other packages', () => {
  const inherited = types.flatMap(({ base, interfaces = [] }) => [...base ? [base] : [], ...interfaces]);
  expect(new Set(inherited.filter((name) => !(name in own.types)))).toEqual(
    new Set([
      'aws-cdk-lib.IAspect',
      'aws-cdk-lib.ITaggableV2',
      'aws-cdk-lib.aws_ec2.IConnectable',
      'constructs.Construct',
      'constructs.IConstruct',
    ]),
  );
});
