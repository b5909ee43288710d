import { handleInstanceEvent } from './instance/handle-event';
import { LambdaContext } from './protocol/event';
import { run } from './protocol/run';
import { systemClock } from './runtime/clock';

const handleEvent = handleInstanceEvent({ environment: process.env });

/** Responds to events of `Custom::S3AccessGrantsInstance`. */
export const handler = (event: unknown, context: LambdaContext): Promise<void> =>
  run(event, context, { handleEvent, clock: systemClock });
