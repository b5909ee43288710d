import { BODIES, HEADERS, LARGE, STATUSES } from './corpus';
import { generateResponses, respondThenRefuse } from './generate';
import { HostileFunction, REQUEST_TYPES } from './hostile-function';

/** One after the other: a process of the function handles many events, as in Lambda. */
let hostile: HostileFunction;
beforeAll(async () => {
  hostile = await HostileFunction.start();
});
afterAll(() => hostile.close());

test.each(Object.entries(LARGE))('fails a Create without harm when Immuta answers with %s', async (_, response) => {
  const { answers, violations } = await hostile.handle('Create', respondThenRefuse(response, 2));

  expect(violations).toEqual([]);
  expect(answers).toMatchObject([{ Status: 'FAILED' }]);
});

test.each(STATUSES)('fails each event without harm when Immuta answers with the status %s', async (status) => {
  for (const [i, requestType] of REQUEST_TYPES.entries()) {
    const body = BODIES[(STATUSES.indexOf(status) * 3 + i) % BODIES.length];
    const headers = HEADERS[(STATUSES.indexOf(status) * 3 + i) % HEADERS.length];
    const { answers, violations } = await hostile.handle(requestType, () => ({ status, headers, body }));

    expect(violations).toEqual([]);
    expect(answers).toMatchObject([{ Status: 'FAILED' }]);
  }
});

test.each(REQUEST_TYPES)('fails a %s without harm whatever the body of a success is', async (requestType) => {
  for (const body of BODIES) {
    const { answers, violations } = await hostile.handle(requestType, () => ({ status: 200, body }));

    expect({ body, violations }).toEqual({ body, violations: [] });
    expect({ body, answers }).toMatchObject({ body, answers: [{ Status: 'FAILED' }] });
  }
});

// thousands of seeds: hostile.slow.test.ts
const SEEDS = Array.from({ length: 15 }, (_, i) => i + 1);

test.each(SEEDS)('succeeds only with evidence when answers are random: seed %s', async (seed) => {
  const requestType = REQUEST_TYPES[seed % 3];
  const { respond, said } = generateResponses(seed);
  const { answers, violations } = await hostile.handle(requestType, respond);

  expect(violations).toEqual([]);
  expect(answers[0].Status === 'SUCCESS' && !(requestType === 'Delete' ? said.gone : said.enabled)).toBe(false);
});
