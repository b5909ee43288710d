import { EXPERIMENTS } from '../../live/experiments';
import { readPage } from '../docs/pages';

const LINK = /\[`([\w-]+)`\]\(internals\/live-kit\.md#experiments\)/g;
const UNKNOWN = new RegExp(
  ['not document', 'documents neither', 'not known', 'not verified', 'may not know', 'disagree'].join('|'),
);

const ids = EXPERIMENTS.map(({ id }) => id);
const limits = readPage('docs/limits.md').text;
const bullets = limits
  .split(/\n(?=- |\n|#)/)
  .filter((part) => part.startsWith('- '))
  .map((bullet) => bullet.replace(/\s+/g, ' '));

test('finds the unknowns of limits.md', () => {
  expect(bullets.filter((bullet) => UNKNOWN.test(bullet)).length).toBeGreaterThan(10);
});

test.each(bullets.filter((bullet) => UNKNOWN.test(bullet)))('has an experiment for the unknown %j', (bullet) => {
  expect(bullet).toMatch(LINK);
});

test('names each experiment in limits.md, and no other', () => {
  expect([...limits.matchAll(LINK)].map(([, id]) => id).sort()).toEqual([...ids].sort());
});

test('lists each experiment with its question in live-kit.md', () => {
  const { text } = readPage('docs/internals/live-kit.md');
  const rows = [...text.split('## Experiments')[1].matchAll(/^\| `([\w-]+)` \| (.*) \|$/gm)];
  expect(rows.map(([, id, question]) => ({ id, question }))).toEqual(
    EXPERIMENTS.map(({ id, question }) => ({ id, question })),
  );
});

test('experiments have different IDs', () => {
  expect(new Set(ids).size).toBe(ids.length);
});
