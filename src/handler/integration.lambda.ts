import { findRegisteredLocation, listRegisteredLocations } from './access-grants/locations';
import { systemClock } from './clock';
import { diagnosed } from './diagnosis/diagnosis';
import { simulateInIam } from './diagnosis/simulation';
import { integrationLifecycle } from './immuta/lifecycle';
import { invokeLambda } from './protocol/continuation';
import { LambdaContext } from './protocol/event';
import { run } from './protocol/run';
import { readSecretsManager } from './secret';

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
