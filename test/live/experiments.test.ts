import { findLeftovers, NOTHING, useLive } from './fixture';
import { OTHER_SETTINGS } from './other-settings';
import { EXPERIMENTS } from '../../live/experiments';
import { runKit } from '../../live/run';
import { readSetting } from '../sandbox/live-settings';

const live = useLive();

test.each(EXPERIMENTS)('expects of $id what the stand-ins do', ({ expected }) => {
  for (const [key, value] of Object.entries(expected)) {
    expect([key, readSetting(live.current.sandbox, key)]).toEqual([key, value]);
  }
});

test.each(EXPERIMENTS)('is tested with other values of all switches of $id', ({ id, expected }) => {
  expect(new Set(OTHER_SETTINGS[id].flatMap(Object.keys))).toEqual(new Set(Object.keys(expected)));
});

test('all experiments see what they expect, and leave nothing', async () => {
  const report = (await runKit(live.current.kit))!;

  expect(report.results.map(({ id, outcome, reason }) => ({ id, outcome, reason }))).toEqual(
    EXPERIMENTS.map(({ id }) => ({ id, outcome: 'as expected', reason: undefined })),
  );
  expect(report.leftovers).toEqual([]);
  expect(findLeftovers(live.current)).toEqual(NOTHING);
});
