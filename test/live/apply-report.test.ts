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

/** Applies a report in which experiments expected and saw this. */
function apply(settings: object, ...results: Partial<Result>[]) {
  const [report, settingsFile] = ['report.json', 'settings.json'].map((file) => path.join(folder, file));
  writeFileSync(report, JSON.stringify({ results, leftovers: [] }));
  writeFileSync(settingsFile, JSON.stringify(settings));
  const applied = applyReport(report, settingsFile);
  expect(JSON.parse(readFileSync(settingsFile, 'utf8'))).toEqual(applied);
  return applied;
}

test('commits the documented defaults as settings', () => {
  expect(JSON.parse(readFileSync(SETTINGS_FILE, 'utf8'))).toEqual({});
});

test('sets what differs, removes what is as expected, and keeps what was not determined', () => {
  expect(
    apply(
      { 'immuta.a': 1, 'immuta.b': 2, 'immuta.c': 3 },
      { expected: { 'immuta.a': 0, 'immuta.b': [0] }, seen: { 'immuta.a': 5, 'immuta.b': [0] } },
      { expected: { 'immuta.c': 0, 'immuta.d': null }, seen: { 'immuta.d': 'sent' } },
    ),
  ).toEqual({ 'immuta.a': 5, 'immuta.c': 3, 'immuta.d': 'sent' });
});

test('fails when a report has a value for which nothing was expected', () => {
  expect(() => apply({}, { expected: {}, seen: { 'immuta.a': 5 } })).toThrow("no expected value for 'immuta.a'");
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
