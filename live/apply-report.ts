import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Settings, Value } from './experiment';
import { EXPERIMENTS } from './experiments';
import type { Report } from './report';

/** Switches of the stand-ins whose defaults a live run refuted. The sandbox reads it. */
export const SETTINGS_FILE = path.resolve(__dirname, '../test/sandbox/live-settings.json');

/** The defaults of the switches. A report may be of a version with others. */
const DEFAULTS: Settings = Object.assign({}, ...EXPERIMENTS.map(({ expected }) => expected));

/** Sets the switches of the stand-ins to what a recorded report saw. What it did not determine stays. */
export function applyReport(reportFile: string, settingsFile = SETTINGS_FILE, defaults = DEFAULTS): Settings {
  const report: Report = JSON.parse(readFileSync(reportFile, 'utf8'));
  const settings: Record<string, Value> = JSON.parse(readFileSync(settingsFile, 'utf8'));
  for (const { seen } of report.results) {
    for (const [key, value] of Object.entries(seen)) {
      if (!(key in defaults)) throw new Error(`no experiment is about '${key}': the report is of another version`);
      delete settings[key];
      if (!isDeepStrictEqual(value, defaults[key])) settings[key] = value;
    }
  }
  writeFileSync(settingsFile, JSON.stringify(settings, undefined, 2) + '\n');
  return settings;
}
