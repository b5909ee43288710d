import { CloudFormationAnswer } from './function-sandbox';
import { API_KEY_ARN, CREATE, DELETE, HandlerSandbox, Sent, UPDATE } from './handler-sandbox';
import { DataSourceRecord } from '../../sandbox/immuta';

export const LISTED = { 'Sales orders': 'orders/', 'Sales returns': 'returns/' };

export interface Listed extends Sent {
  /** @default LISTED */
  readonly dataSources?: Record<string, string>;
  /** For an Update. @default LISTED */
  readonly before?: Record<string, string>;
}

/** Sends an event of data sources of integration 101. */
export function send(
  sandbox: HandlerSandbox,
  type: 'Create' | 'Update' | 'Delete',
  { dataSources = LISTED, before = LISTED, properties, oldProperties, event, ...sent }: Listed = {},
): Promise<CloudFormationAnswer> {
  const render = (list: object, more: Sent['properties']) => ({
    ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
    TenantUrl: sandbox.environment.IMMUTA_URL,
    ApiKeySecretArn: API_KEY_ARN,
    IntegrationId: '101',
    DataSources: JSON.stringify(list),
    Removal: 'disable',
    PrefixForm: 'relative',
    TimeoutSeconds: '1800',
    ...more,
  });
  const requestId = { Create: CREATE, Update: UPDATE, Delete: DELETE }[type];
  return sandbox.deliver(
    sandbox.event(type, requestId, {
      ...sent,
      event: {
        LogicalResourceId: 'Curated',
        ResourceType: 'Custom::ImmutaS3DataSources',
        ResourceProperties: render(dataSources, properties),
        ...(type === 'Update' ? { OldResourceProperties: render(before, oldProperties) } : {}),
        ...event,
      },
    }),
    sent.ageMs,
  );
}

/** What Immuta has, as `1001 Sales orders /orders/ enabled`. */
export function describeDataSources({ immuta }: HandlerSandbox): string[] {
  return [...immuta.dataSources.records.values()].map(describeDataSource);
}

function describeDataSource({ id, name, prefix, deleted }: DataSourceRecord): string {
  return `${id} ${name} ${prefix} ${deleted ? 'disabled' : 'enabled'}`;
}
