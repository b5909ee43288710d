import { HostileFunction } from './hostile-function';
import { expectEvidenceOfHealth, expectEvidenceOfRegistration, listSeeds } from './random-data-sources';

let hostile: HostileFunction;
beforeAll(async () => {
  hostile = await HostileFunction.start();
});
afterAll(() => hostile.close());

// more seeds: hostile-data-sources.slow.test.ts
test.each(listSeeds(1, 30))('registers data sources only with evidence when answers are random: seed %s', (seed) =>
  expectEvidenceOfRegistration(hostile, seed));

test.each(listSeeds(1, 15))('finds nothing wrong only with evidence when answers are random: seed %s', (seed) =>
  expectEvidenceOfHealth(hostile, seed));
