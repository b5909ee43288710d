import { LARGE } from './corpus';
import { EVENTS, EXPECTED } from './data-sources-events';
import { respondThenRefuse } from './generate';
import { HostileFunction } from './hostile-function';
import { expectEvidenceOfHealth, expectEvidenceOfRegistration, listSeeds } from './random-data-sources';

let hostile: HostileFunction;
beforeAll(async () => {
  hostile = await HostileFunction.start();
});
afterAll(() => hostile.close());

test.each(Object.entries(LARGE))('registers no data sources when Immuta answers with %s', async (_, response) => {
  const { answers, violations } = await hostile.handle('Create', respondThenRefuse(response, 2), EVENTS.Create);

  expect(violations).toEqual([]);
  expect(answers).toMatchObject([{ Status: 'FAILED' }]);
});

test.each(Object.entries(LARGE))('finds no integration healthy when Immuta answers with %s', async (_, response) => {
  const { findings, violations } = await hostile.check(() => response, EXPECTED);

  expect(violations).toEqual([]);
  expect(findings.filter((finding) => !['Healthy', 'LocationMismatch'].includes(finding))).not.toEqual([]);
});

test.each(listSeeds(31, 180))('registers data sources only with evidence when answers are random: seed %s', (seed) =>
  expectEvidenceOfRegistration(hostile, seed));

test.each(listSeeds(16, 90))('finds nothing wrong only with evidence when answers are random: seed %s', (seed) =>
  expectEvidenceOfHealth(hostile, seed));
