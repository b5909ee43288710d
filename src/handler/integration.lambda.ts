import { handleIntegrationEvent } from './integration/handle-event';
import { isRotationEvent, rotate } from './integration/rotation';
import { LambdaContext } from './protocol/event';
import { run } from './protocol/run';
import { systemClock } from './runtime/clock';

const options = { environment: process.env, clock: systemClock };
const handleEvent = handleIntegrationEvent(options);

/** Responds to events of `Custom::ImmutaS3Integration`, and rotates the secrets of managed access keys. */
export const handler = (event: unknown, context: LambdaContext): Promise<void> =>
  isRotationEvent(event) ? rotate(event, context, options) : run(event, context, { handleEvent, clock: systemClock });
