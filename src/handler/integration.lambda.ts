import { findRegisteredLocation, listRegisteredLocations } from './aws/access-grants-locations';
import { simulateInIam } from './aws/policy-simulator';
import { readSecretsManager } from './aws/secrets-manager';
import { diagnosed } from './integration/diagnosis';
import { integrationLifecycle } from './integration/lifecycle';
import { isRotationEvent, rotate } from './integration/rotation';
import { invokeLambda } from './protocol/continuation';
import { LambdaContext } from './protocol/event';
import { run } from './protocol/run';
import { systemClock } from './runtime/clock';

const listLocations = listRegisteredLocations();
const tools = { environment: process.env, readSecret: readSecretsManager, clock: systemClock };
const lifecycle = integrationLifecycle({ ...tools, findRegisteredLocation: findRegisteredLocation(listLocations) });
const work = diagnosed(lifecycle, { listLocations, simulate: simulateInIam });

/** Answers events for `Custom::ImmutaS3Integration`, and rotates the secrets of their managed access keys. */
export const handler = (event: unknown, context: LambdaContext): Promise<void> => isRotationEvent(event)
  ? rotate(event, context, tools)
  : run(event, context, { work, clock: systemClock, invoke: invokeLambda });
