import { Token } from 'aws-cdk-lib';
import { validateInputSize } from '../../src/private/validation/health-check';

const INTEGRATION = {
  IntegrationId: '101',
  IntegrationName: 'sales',
  AccountId: '111122223333',
  Region: 'us-east-1',
  LocationPath: 's3://sales/',
  AuthenticationType: 'auto',
} as const;

/** 30 integrations, with 175 characters each beside the role: 5,250 of the 8,192 that a rule can pass. */
const list = (role: string) => Array.from({ length: 30 }, () => ({ ...INTEGRATION, LocationRoleArn: role }));

test('accepts integrations that fit the input of a rule', () => {
  expect(validateInputSize('integration', list(''), 0)).toEqual([]);
});

test('counts 120 characters for a value that is known only at deployment', () => {
  const arn = Token.asString({ Ref: 'Role' });

  expect(arn.length).toBeLessThan(30);
  expect(validateInputSize('integration', list(arn), 0)).toMatchObject([{ code: 'HEALTH_CHECK_INPUT_TOO_LARGE' }]);
});
