/**
 * Runs the groups that are named, or all, and prints the score of each file and the changes that no test finds. With
 * `--files`, it prints the files of each group instead.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describeMutant } from './describe-mutant.mjs';
import { NAMES, readGroup } from './groups.mjs';

const FOUND = ['Killed', 'Timeout'];
const MISSED = ['Survived', 'NoCoverage'];

if (process.argv.includes('--files')) {
  for (const name of NAMES) console.log(readGroup(name).mutate.map((file) => `${name} ${file}`).join('\n'));
} else {
  const names = process.argv.length > 2 ? process.argv.slice(2) : NAMES;
  const unknown = names.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) throw new Error(`groups are ${NAMES.join(', ')}, got ${unknown.join(', ')}`);
  names.forEach(runGroup);
  printReport(names);
}

function runGroup(name) {
  const { status } = spawnSync('mutation/node_modules/.bin/stryker', ['run', 'mutation/stryker.config.mjs'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MUTATION_GROUP: name },
  });
  process.exitCode ||= status ?? 1;
}

function printReport(names) {
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
    for (const mutant of mutants.filter(({ status }) => MISSED.includes(status))) {
      console.log(describeMutant(file, source, mutant));
    }
  }
}
