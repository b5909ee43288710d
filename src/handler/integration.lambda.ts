import { DATA_SOURCES_RESOURCE_TYPE } from './contract';
import { handleDataSourcesEvent } from './data-sources/handle-event';
import { checkHealth, isHealthCheckEvent } from './health/check-health';
import { handleIntegrationEvent } from './integration/handle-event';
import { isRotationEvent, rotate } from './integration/rotation';
import { LambdaContext, ResourceEvent } from './protocol/event';
import { EventTools } from './protocol/event-tools';
import { run } from './protocol/run';
import { systemClock } from './runtime/clock';

const options = { environment: process.env, clock: systemClock };
const handleIntegration = handleIntegrationEvent(options);
const handleDataSources = handleDataSourcesEvent(options);

const handleEvent = (event: ResourceEvent, tools: EventTools) =>
  (event.resourceType === DATA_SOURCES_RESOURCE_TYPE ? handleDataSources : handleIntegration)(event, tools);

/**
 * Responds to events of the tenant's custom resources, rotates the secrets of managed access keys, and checks the
 * health of integrations.
 */
export const handler = (event: unknown, context: LambdaContext): Promise<void> => {
  if (isHealthCheckEvent(event)) {
    return checkHealth(event, context, options);
  }
  return isRotationEvent(event)
    ? rotate(event, context, options)
    : run(event, context, { handleEvent, clock: systemClock });
};
