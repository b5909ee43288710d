import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { groups, excluded } = JSON.parse(readFileSync(new URL('groups.json', import.meta.url), 'utf8'));

export const NAMES = Object.keys(groups);

/**
 * The files of a group: those to change, and the tests that lie closest to them.
 *
 * If tests share the results of a function, its changes are covered by the first of them. Therefore all tests run.
 */
export function readGroup(name) {
  const { mutate, tests, sharesResults = false } = groups[name];
  return {
    mutate: listFiles(mutate).filter((file) => !(file in excluded)),
    tests: listFiles(tests).filter((file) => !/\.(newest|slow)\.test\.ts$/.test(file)),
    sharesResults,
  };
}

/** Files of the repository, by patterns of paths. A pattern that begins with `:!` excludes. */
function listFiles(patterns) {
  const paths = patterns.map((each) => each.replace(/^(:!)?/, (not) => (not ? ':(glob,exclude)' : ':(glob)')));
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...paths], { encoding: 'utf8' })
    .trim().split('\n');
}
