/** The context that the examples ask for: one set for all topics. */
export const SETTINGS = {
  immutaUrl: 'https://acme.immutacloud.com',
  apiKeySecretName: 'immuta/api-key',
  bucketName: 'sales-lake',
  immutaPrincipalArn: 'arn:aws:iam::444455556666:role/immuta',
  externalId: 'from-immuta',

  // quickstart
  integrationName: 'sales',
  prefix: 'curated/',

  // adopt
  integrationId: '17',
  locationRoleArn: 'arn:aws:iam::111122223333:role/location',
  immutaRoleArn: 'arn:aws:iam::111122223333:role/immuta',

  // whole-account
  bucketNames: 'sales-lake,web-logs',
  keyArn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  analystsRoleName: 'analysts',
};

/** Settings with which every topic fails, and the library's message, which every language has to show. */
export const BAD_SETTINGS = { ...SETTINGS, immutaUrl: 'http://acme.immutacloud.com' };
export const BAD_SETTINGS_MESSAGE = '\'url\' must begin with https://, got "http://acme.immutacloud.com"';
