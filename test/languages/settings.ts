import { README_TOPIC } from './readme';

export type Settings = Record<string, string>;

/** The context without which no example can be synthesized. */
const REQUIRED: Settings = {
  immutaUrl: 'https://acme.immutacloud.com',
  apiKeySecretName: 'immuta/api-key',
  bucketName: 'sales-lake',
  immutaPrincipalArn: 'arn:aws:iam::444455556666:role/immuta',
};

/** All that the examples ask for: one set for all topics. */
export const ALL: Settings = {
  ...REQUIRED,
  externalId: 'from-immuta',

  // quickstart
  integrationName: 'sales',
  prefix: 'curated/',

  // adopt
  integrationId: '17',
  locationRoleArn: 'arn:aws:iam::111122223333:role/location',
  immutaRoleArn: 'arn:aws:iam::111122223333:role/immuta',

  // data-sources
  dataSourcePrefixes: 'orders/,returns/',

  // enterprise
  account: '111122223333',
  region: 'us-east-1',
  apiKeySecretArn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/api-key-AbCdEf',
  boundaryName: 'acme-boundary',
  costCenter: '4711',
  handlerRoleName: 'immuta-handler',
  proxySecretName: 'proxy',
  proxyUrl: 'http://proxy.acme.internal:3128',
  vpcName: 'data',

  // health
  email: 'data-platform@acme.example',

  // identity-center
  identityCenterInstanceArn: 'arn:aws:sso:::instance/ssoins-1234567890abcdef',
  identityStoreId: 'd-1234567890',
  identityStoreAccount: '444455556666',

  // multi-account
  testAccount: '111122223333',
  productionAccount: '444455556666',

  // private-network
  immutaEndpointService: 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0',

  // whole-account, and enterprise
  bucketNames: 'sales-lake,web-logs',
  keyArn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  analystsRoleName: 'analysts',
};

/** What the README's quick start has in its code. */
const README_SETTINGS: Settings = {
  ...REQUIRED,
  immutaPrincipalArn: 'arn:aws:iam::111122223333:role/immuta',
  externalId: 'from-immuta',
};

/** What every language has to synthesize. */
export interface Case {
  readonly name: string;
  readonly topic: string;
  readonly settings: Settings;
}

/**
 * The quickstart of every language with the settings of the README, whose quick start synthesizes the same template.
 */
export const QUICKSTART_OF_README: Case = {
  name: 'quickstart of the README',
  topic: 'quickstart',
  settings: README_SETTINGS,
};

/** The README's quick start itself, which is in TypeScript. */
export const README: Case = { name: 'README', topic: README_TOPIC, settings: {} };

export function casesOf(topics: string[]): Case[] {
  return [
    ...topics.map((topic) => ({ name: topic, topic, settings: ALL })),
    { name: 'quickstart without what is optional', topic: 'quickstart', settings: REQUIRED },
    QUICKSTART_OF_README,
  ];
}

/** What every language has to refuse, with the library's own message. */
export const REFUSED = {
  topic: 'quickstart',
  settings: { ...REQUIRED, immutaUrl: 'http://acme.immutacloud.com' },
  message: '\'url\' must begin with https://, got "http://acme.immutacloud.com"',
};
