import { findLeftovers, NOTHING, useLive } from './fixture';
import { OTHER_SETTINGS } from './other-settings';
import { EXPERIMENTS } from '../../live/experiments';
import { runKit } from '../../live/run';
import { applySettings } from '../sandbox/live-settings';

const live = useLive();

const CASES = EXPERIMENTS.flatMap((experiment) =>
  OTHER_SETTINGS[experiment.id].map((settings) => ({ id: experiment.id, experiment, settings })));

test.each(CASES)('$id sees $settings', async ({ experiment, settings }) => {
  const { sandbox, kit } = live.current;
  applySettings(sandbox, settings);

  const report = (await runKit({ ...kit, experiments: [experiment] }))!;

  expect(report.results).toMatchObject([{ outcome: 'different', seen: settings }]);
  expect(report.leftovers).toEqual([]);
  expect(findLeftovers(live.current)).toEqual(NOTHING);
});

test('all experiments see what they expect, and leave nothing', async () => {
  const report = (await runKit(live.current.kit))!;

  expect(report.results.map(({ id, outcome, reason }) => ({ id, outcome, reason }))).toEqual(
    EXPERIMENTS.map(({ id }) => ({ id, outcome: 'as expected', reason: undefined })),
  );
  expect(report.leftovers).toEqual([]);
  expect(findLeftovers(live.current)).toEqual(NOTHING);
});
