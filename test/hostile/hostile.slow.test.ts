import { LARGE } from './corpus';
import { generateResponses } from './generate';
import { HostileFunction, REQUEST_TYPES } from './hostile-function';

let hostile: HostileFunction;
beforeEach(async () => {
  hostile = await HostileFunction.start();
});
afterEach(() => hostile.close());

test.each(Object.entries(LARGE))('fails each event without harm when Immuta continues with %s', async (_, response) => {
  for (const requestType of REQUEST_TYPES) {
    const { answers, violations } = await hostile.handle(requestType, () => response);

    expect(violations).toEqual([]);
    expect(answers).toMatchObject([{ Status: 'FAILED' }]);
  }
});

test.each([1, 2, 3])('succeeds only with evidence when answers are random: thousand %s', async (thousand) => {
  for (let seed = thousand * 1_000; seed < (thousand + 1) * 1_000; seed++) {
    const requestType = REQUEST_TYPES[seed % 3];
    const { respond, said } = generateResponses(seed);
    const { answers, violations } = await hostile.handle(requestType, respond);

    expect({ seed, violations }).toEqual({ seed, violations: [] });
    const isProven = requestType === 'Delete' ? said.gone : said.enabled;
    expect({ seed, isUnproven: answers[0].Status === 'SUCCESS' && !isProven }).toEqual({ seed, isUnproven: false });
  }
});
