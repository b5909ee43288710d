import { IntegrationsClient } from '../immuta/client';
import { DataSourcesClient } from '../immuta/data-sources';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { CurrentOperation } from '../protocol/current-operation';
import { EventTools } from '../protocol/event-tools';
import { Deadline } from '../runtime/deadline';
import { Environment } from '../runtime/environment';
import { Log } from '../runtime/log';
import { connectTenant } from '../tenant/connect';

/** Lambda may deliver an event twice at once: each run pauses for a random part of this, so that one is the first. */
const SPREAD_MS = 10_000;

/** What an event for data sources works with. */
export interface DataSourcesContext {
  /** URL of the tenant that the function calls. */
  readonly calledUrl: string;
  readonly immuta: DataSourcesClient;
  /** The same, for removing what this event added although CloudFormation no longer waits for it. */
  readonly immutaForCleanup: DataSourcesClient;
  readonly integrations: IntegrationsClient;
  readonly operation: CurrentOperation;
  /** When reads show what another run of this event did, in milliseconds since 1970. */
  readonly rereadAt: number;
  readonly deadline: Deadline;
  readonly log: Log;
}

export function createDataSourcesContext(environment: Environment, tools: EventTools): DataSourcesContext {
  const { deadline, earlierRuns, log, operation } = tools;
  const tenant = connectTenant(environment, tools);
  const forCleanup = connectTenant(environment, { ...tools, beforeWrite: async () => deadline.check() });
  return {
    calledUrl: tenant.url,
    immuta: tenant.dataSources,
    immutaForCleanup: forCleanup.dataSources,
    integrations: tenant.integrations,
    operation,
    rereadAt: deadline.now() + (earlierRuns.mayHaveCreated ? IMMUTA_LAG_MS : Math.round(Math.random() * SPREAD_MS)),
    deadline,
    log,
  };
}
