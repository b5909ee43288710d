import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

test('lists in the bill of materials the package and what the bundles contain', () => {
  execFileSync(process.execPath, ['--import', 'tsx', 'projenrc/generate-sbom.ts'], { cwd: ROOT });
  const sbom = JSON.parse(readFileSync(path.join(ROOT, 'dist/sbom.cdx.json'), 'utf8'));

  expect(sbom).toMatchObject({
    bomFormat: 'CycloneDX', metadata: { component: { name: 'cdk-immuta-s3-integration', type: 'library' } },
  });
  const bundles = ['access-grants-instance', 'integration'].map((name) => `assets/handler/${name}.lambda/index.js`);
  expect(sbom.components.map(({ name }: { name: string }) => name).sort()).toEqual(bundles);
  for (const { name, hashes } of sbom.components) {
    const content = createHash('sha256').update(readFileSync(path.join(ROOT, name))).digest('hex');
    expect(hashes).toEqual([{ alg: 'SHA-256', content }]);
  }
});
