import { EVENTS, EXISTING, EXPECTED, NAMES } from './data-sources-events';
import { generateDataSources } from './generate-data-sources';
import { HostileFunction, REQUEST_TYPES } from './hostile-function';

let hostile: HostileFunction;
beforeAll(async () => {
  hostile = await HostileFunction.start();
});
afterAll(() => hostile.close());

const listSeeds = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test.each(listSeeds(90))('registers data sources only with evidence when answers are random: seed %s', async (seed) => {
  const requestType = REQUEST_TYPES[seed % 3];
  const { respond, said } = generateDataSources(seed, EXISTING[requestType]);
  const { answers: [{ Status, Data }], violations } = await hostile.handle(requestType, respond, EVENTS[requestType]);

  expect(violations).toEqual([]);
  const ids = Status === 'SUCCESS' && requestType !== 'Delete' ? Data!.DataSourceIds.split(',') : [];
  expect(ids.filter((id, i) => !/^\d{1,20}$/.test(id) || !said.ids.has(`${NAMES[i]} ${id}`))).toEqual([]);
});

test.each(listSeeds(45))('finds nothing wrong only with evidence when answers are random: seed %s', async (seed) => {
  const { respond, said } = generateDataSources(seed, EXISTING.Delete);
  const { findings, violations } = await hostile.check(respond, EXPECTED);

  expect(violations).toEqual([]);
  expect(findings).not.toEqual([]);
  const isInOrder = findings.every((finding) => ['Healthy', 'LocationMismatch'].includes(finding));
  expect(isInOrder ? [...said.enabled].sort() : ['1001', '1002']).toEqual(['1001', '1002']);
});
