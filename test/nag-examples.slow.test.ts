import { loadExample, TOPICS } from './support/examples';
import { addPacks, formatFindings, listFindingsOfUser } from './support/nag-packs';

test.each(TOPICS)('cdk-nag 2 reports nothing that the library causes in the example %s', (topic) => {
  const app = loadExample(topic);
  const findings = addPacks(app);
  app.synth();

  expect(formatFindings(findings)).toEqual(listFindingsOfUser(topic));
});
