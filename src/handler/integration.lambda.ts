import { findRegisteredLocation, listRegisteredLocations } from './aws/access-grants-locations';
import { simulateInIam } from './aws/policy-simulator';
import { readSecretsManager } from './aws/secrets-manager';
import { diagnosed } from './integration/diagnosis';
import { integrationLifecycle } from './integration/lifecycle';
import { invokeLambda } from './protocol/continuation';
import { LambdaContext } from './protocol/event';
import { run } from './protocol/run';
import { systemClock } from './runtime/clock';

const listLocations = listRegisteredLocations();
const lifecycle = integrationLifecycle({
  environment: process.env,
  readSecret: readSecretsManager,
  findRegisteredLocation: findRegisteredLocation(listLocations),
});
const work = diagnosed(lifecycle, { listLocations, simulate: simulateInIam });

/** Answers events for `Custom::ImmutaS3Integration`. */
export const handler = (event: unknown, context: LambdaContext): Promise<void> =>
  run(event, context, { work, clock: systemClock, invoke: invokeLambda });
