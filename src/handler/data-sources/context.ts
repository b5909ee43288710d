import { IntegrationsClient } from '../immuta/client';
import { DataSourcesClient } from '../immuta/data-sources';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { CurrentOperation } from '../protocol/current-operation';
import { EventTools } from '../protocol/event-tools';
import { Deadline } from '../runtime/deadline';
import { Environment } from '../runtime/environment';
import { Log } from '../runtime/log';
import { connectTenant } from '../tenant/connect';

/** What an event for data sources works with. */
export interface DataSourcesContext {
  readonly immuta: DataSourcesClient;
  /** The same, for removing what this event added although CloudFormation no longer waits for it. */
  readonly immutaForCleanup: DataSourcesClient;
  readonly integrations: IntegrationsClient;
  readonly operation: CurrentOperation;
  /** Whether an earlier run of this event may have sent requests. */
  readonly mayBeRepeated: boolean;
  /** When reads show what an earlier run did, in milliseconds since 1970. */
  readonly rereadAt: number;
  readonly deadline: Deadline;
  readonly log: Log;
}

export function createDataSourcesContext(environment: Environment, tools: EventTools): DataSourcesContext {
  const { deadline, earlierRuns, log, operation } = tools;
  const tenant = connectTenant(environment, tools);
  const forCleanup = connectTenant(environment, { ...tools, beforeWrite: async () => deadline.check() });
  return {
    immuta: tenant.dataSources,
    immutaForCleanup: forCleanup.dataSources,
    integrations: tenant.integrations,
    operation,
    mayBeRepeated: earlierRuns.mayHaveCreated,
    rereadAt: deadline.now() + IMMUTA_LAG_MS,
    deadline,
    log,
  };
}
