import { EVENTS, EXISTING, EXPECTED, NAMES } from './data-sources-events';
import { generateDataSources } from './generate-data-sources';
import { HostileFunction, REQUEST_TYPES } from './hostile-function';

/** Handles an event of data sources with random answers. Their IDs must be those that Immuta named for them. */
export async function expectEvidenceOfRegistration(hostile: HostileFunction, seed: number): Promise<void> {
  const requestType = REQUEST_TYPES[seed % 3];
  const { respond, said } = generateDataSources(seed, EXISTING[requestType]);
  const { answers: [{ Status, Data }], violations } = await hostile.handle(requestType, respond, EVENTS[requestType]);

  expect(violations).toEqual([]);
  const ids = Status === 'SUCCESS' && requestType !== 'Delete' ? Data!.DataSourceIds.split(',') : [];
  expect(ids.filter((id, i) => !/^\d{1,20}$/.test(id) || !said.ids.has(`${NAMES[i]} ${id}`))).toEqual([]);
}

/** Checks data sources with random answers. They are healthy only if Immuta has said that they are enabled. */
export async function expectEvidenceOfHealth(hostile: HostileFunction, seed: number): Promise<void> {
  const { respond, said } = generateDataSources(seed, EXISTING.Delete);
  const { findings, violations } = await hostile.check(respond, EXPECTED);

  expect(violations).toEqual([]);
  expect(findings).not.toEqual([]);
  const isInOrder = findings.every((finding) => ['Healthy', 'LocationMismatch'].includes(finding));
  expect(isInOrder ? [...said.enabled].sort() : ['1001', '1002']).toEqual(['1001', '1002']);
}

/** Returns the seeds from a first to a last one. */
export function listSeeds(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
