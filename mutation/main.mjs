/** Runs the groups that are named, or all, and prints the score of each file and the changes that survive. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const NAMES = Object.keys(JSON.parse(readFileSync('mutation/groups.json', 'utf8')));
const names = process.argv.length > 2 ? process.argv.slice(2) : NAMES;
const unknown = names.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) throw new Error(`groups are ${NAMES.join(', ')}, got ${unknown.join(', ')}`);

const FOUND = ['Killed', 'Timeout'];
const MISSED = ['Survived', 'NoCoverage'];

for (const name of names) {
  const { status } = spawnSync('mutation/node_modules/.bin/stryker', ['run', 'mutation/stryker.config.mjs'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MUTATION_GROUP: name },
  });
  process.exitCode ||= status ?? 1;
}

const files = names.map((name) => `mutation/reports/${name}.json`).filter((report) => existsSync(report))
  .flatMap((report) => Object.entries(JSON.parse(readFileSync(report, 'utf8')).files));
const count = (mutants, statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;

console.log('\n| file | changes | found | score |\n| --- | --- | --- | --- |');
for (const [file, { mutants }] of files) {
  const found = count(mutants, FOUND);
  const all = found + count(mutants, MISSED);
  console.log(`| ${file} | ${all} | ${found} | ${all === 0 ? '' : `${((100 * found) / all).toFixed(0)} %`} |`);
}
for (const [file, { source, mutants }] of files) {
  for (const { status, location: { start, end }, replacement } of mutants) {
    if (!MISSED.includes(status)) continue;
    const lines = source.split('\n').slice(start.line - 1, end.line);
    const text = start.line === end.line ? lines[0].slice(start.column - 1, end.column - 1) : `${lines[0].trim()} …`;
    console.log(`${file}:${start.line}: ${text} → ${replacement}`);
  }
}
