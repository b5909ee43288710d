import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { applyReport, SETTINGS_FILE } from '../../live/apply-report';
import { Result } from '../../live/report';
import { applySettings } from '../sandbox/live-settings';
import { Sandbox } from '../sandbox/sandbox';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'live-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const DEFAULTS = { 'immuta.a': 0, 'immuta.b': [0], 'immuta.c': 0, 'immuta.d': null };

/** Applies a report in which experiments saw this. */
function apply(settings: object, ...seen: Result['seen'][]) {
  const [report, settingsFile] = ['report.json', 'settings.json'].map((file) => path.join(folder, file));
  // Those that the report expected are of no account.
  const results = seen.map((each) => ({ expected: each, seen: each }));
  writeFileSync(report, JSON.stringify({ results, leftovers: [] }));
  writeFileSync(settingsFile, JSON.stringify(settings));
  const applied = applyReport(report, settingsFile, DEFAULTS);
  expect(JSON.parse(readFileSync(settingsFile, 'utf8'))).toEqual(applied);
  return applied;
}

test('commits the documented defaults as settings', () => {
  expect(JSON.parse(readFileSync(SETTINGS_FILE, 'utf8'))).toEqual({});
});

test('sets what differs from the defaults, removes what does not, and keeps what was not determined', () => {
  expect(
    apply(
      { 'immuta.a': 1, 'immuta.b': 2, 'immuta.c': 3 },
      { 'immuta.a': 5, 'immuta.b': [0] },
      { 'immuta.d': 'sent' },
    ),
  ).toEqual({ 'immuta.a': 5, 'immuta.c': 3, 'immuta.d': 'sent' });
});

test('fails when a report is about a switch that no experiment has', () => {
  expect(() => apply({}, { 'immuta.e': 5 })).toThrow("no experiment is about 'immuta.e'");
});

test('sets the switches of a sandbox', async () => {
  const sandbox = await Sandbox.start();
  applySettings(sandbox, { 'immuta.switches.keepsDeleted': true, 'immuta.identity.externalId': null });
  expect(sandbox.immuta.switches.keepsDeleted).toBe(true);
  expect(sandbox.immuta.identity.externalId).toBeUndefined();
  expect(() => applySettings(sandbox, { 'immuta.switches.keepDeleted': true })).toThrow(
    "the sandbox has no switch 'immuta.switches.keepDeleted'",
  );
  await sandbox.close();
});
