import * as nag from 'cdk-nag';
import { loadExample, TOPICS } from './support/examples';
import { Finding, formatFindings, listFindingsOfUser, PACKS } from './support/nag-packs';

test.each(TOPICS)('cdk-nag 3 reports nothing that the library causes in the example %s', (topic) => {
  const app = loadExample(topic);
  app.synth();

  const findings = PACKS.flatMap((pack) => new nag[pack]().validateScope(app).violations)
    .flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map((resource: { constructPath: string }): Finding =>
        ({ path: resource.constructPath, rule: ruleName })));
  expect(formatFindings(findings)).toEqual(listFindingsOfUser(topic));
});
