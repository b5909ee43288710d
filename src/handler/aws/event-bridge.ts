import type { PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import { callAws } from './call';
import { clientConfig, eventBridgeSdk } from './sdk';
import { createFailure } from '../failure';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

/** One request takes so many. */
const BATCH_SIZE = 10;

/** An event for a bus. */
export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
}

/**
 * Sends events to a bus.
 *
 * @throws Failure if EventBridge does not accept each of them
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export async function putEvents(
  busArn: string,
  events: readonly BusEvent[],
  tools: { readonly deadline: Deadline; readonly log: Log },
): Promise<void> {
  const { EventBridgeClient, PutEventsCommand } = eventBridgeSdk();
  const service = { name: 'EventBridge', createClient: () => new EventBridgeClient(clientConfig()) };
  let refused: PutEventsResultEntry | undefined;
  for (let start = 0; start < events.length; start += BATCH_SIZE) {
    const Entries = events.slice(start, start + BATCH_SIZE).map(({ source, detailType, detail }) => ({
      EventBusName: busArn,
      Source: source,
      DetailType: detailType,
      Detail: JSON.stringify(detail),
    }));
    const { Entries: results = [] } = await callAws(service, { ...tools, operation: 'PutEvents' }, (client, options) =>
      client.send(new PutEventsCommand({ Entries }), options),
    );
    refused ??= results.find(({ ErrorCode }) => ErrorCode !== undefined);
  }
  if (refused) {
    const cause = `${refused.ErrorCode}: ${refused.ErrorMessage}`;
    throw createFailure('AWS_REQUEST_REFUSED', { service: service.name, operation: 'PutEvents', cause });
  }
}
