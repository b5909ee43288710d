import { readFileSync } from 'node:fs';
import * as path from 'node:path';

interface LockedPackage {
  readonly license?: string;
  readonly dev?: boolean;
}

const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  '(MIT OR CC0-1.0)',
  '(MIT OR GPL-3.0-or-later)',
];

/** The policy simulator and its own packages: only tests use them, and they are in nothing that is published. */
const ALLOWED_IN_TESTS: Record<string, string> = {
  '@cloud-copilot/iam-policy': 'AGPL-3.0-or-later',
  '@cloud-copilot/iam-simulate': 'AGPL-3.0-or-later',
  '@cloud-copilot/iam-utils': 'AGPL-3.0-or-later',
};

const lock = JSON.parse(readFileSync(path.resolve(__dirname, '../../package-lock.json'), 'utf8'));
const packages = Object.entries<LockedPackage>(lock.packages).filter(([location]) => location !== '')
  .map(([location, locked]) => ({ name: location.replace(/^.*node_modules\//, ''), ...locked }));

test('allows only licences that this project may use, for every dependency', () => {
  const refused = packages.filter(
    ({ name, license = 'none', dev }) => !ALLOWED.includes(license) && !(dev && ALLOWED_IN_TESTS[name] === license),
  );
  expect(refused.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
  expect(packages.length).toBeGreaterThan(500); // the lock file was read
});
