import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Report } from '../../live/report';
import { ReportFile } from '../../live/report-file';

let folder: string;
let name: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'live-'));
  name = path.join(folder, 'live-report');
});
afterEach(() => rmSync(folder, { recursive: true }));

const complete: Report = { isComplete: true, results: [], leftovers: [] };
const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');

test('stores a report as JSON and Markdown, in place of what the run has stored before', () => {
  const file = new ReportFile(name);
  file.save({ ...complete, isComplete: false });
  file.save(complete);
  expect(readdirSync(folder)).toEqual(['live-report.json', 'live-report.md']);
  expect(JSON.parse(read('live-report.json'))).toEqual(complete);
  expect(read('live-report.md')).not.toContain('experiments are missing');
  expect(file.describeFormer()).toBeUndefined();
});

test('keeps the report of a run that was killed, and says so', () => {
  new ReportFile(name).save({ ...complete, isComplete: false, leftovers: ['of the run before'] });
  utimesSync(`${name}.json`, 0, Date.UTC(2025, 0, 31, 23, 59, 58) / 1000);

  const file = new ReportFile(name);
  expect(file.describeFormer()).toBe(
    `${name}.json and .md are the report of a run before. That run ended early: experiments are missing. `
    + `This run renames them to ${name}-2025-01-31T23-59-58.*.`,
  );
  file.save(complete);
  file.save(complete);

  expect(readdirSync(folder)).toEqual([
    'live-report-2025-01-31T23-59-58.json', 'live-report-2025-01-31T23-59-58.md', 'live-report.json', 'live-report.md',
  ]);
  expect(read('live-report-2025-01-31T23-59-58.json')).toContain('of the run before');
  expect(read('live-report-2025-01-31T23-59-58.md')).toContain('of the run before');
});

test('says what happens to a complete report, and to one that cannot be read', () => {
  new ReportFile(name).save(complete);
  expect(new ReportFile(name).describeFormer()).not.toContain('early');
  writeFileSync(`${name}.json`, '');
  expect(new ReportFile(name).describeFormer()).toContain('early');
});
