/** Data sources that an event registers: prefixes by names. */
const LISTED = { 'Sales orders': 'orders/', 'Sales returns': 'returns/' };
const LISTED_BEFORE = { 'Sales orders': 'orders/', 'Sales of old': 'returns/', 'Other': 'other/' };

export const NAMES = Object.keys(LISTED);

/** Those that Immuta has before an event. */
export const EXISTING = { Create: {}, Update: LISTED_BEFORE, Delete: LISTED } as const;

const PROPERTIES = {
  ApiKeySecretArn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/api-key',
  IntegrationId: '101',
  DataSources: JSON.stringify(LISTED),
  Removal: 'disable',
  PrefixForm: 'relative',
  TimeoutSeconds: '120',
};
const EVENT = {
  ResourceType: 'Custom::ImmutaS3DataSources', LogicalResourceId: 'Curated', ResourceProperties: PROPERTIES,
};
const CREATED = { ...EVENT, PhysicalResourceId: 'immuta-s3-data-sources/created/1' };

export const EVENTS = {
  Create: EVENT,
  Update: { ...CREATED, OldResourceProperties: { ...PROPERTIES, DataSources: JSON.stringify(LISTED_BEFORE) } },
  Delete: CREATED,
};

/** What a health check expects. */
export const EXPECTED = { IntegrationId: '101', IntegrationName: 'sales', DataSourceIds: '1001,1002' };
