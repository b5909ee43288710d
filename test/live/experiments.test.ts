import { useLive } from './fixture';
import { OTHER_SETTINGS } from './other-settings';
import { EXPERIMENTS } from '../../live/experiments';
import { readSetting } from '../sandbox/live-settings';

// the experiments themselves: experiments.slow.test.ts
const live = useLive();

test.each(EXPERIMENTS)('expects of $id what the stand-ins do', ({ expected }) => {
  for (const [key, value] of Object.entries(expected)) {
    expect([key, readSetting(live.current.sandbox, key)]).toEqual([key, value]);
  }
});

test.each(EXPERIMENTS)('is tested with other values of all switches of $id', ({ id, expected }) => {
  expect(new Set(OTHER_SETTINGS[id].flatMap(Object.keys))).toEqual(new Set(Object.keys(expected)));
});
