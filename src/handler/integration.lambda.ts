import { findRegisteredLocation } from './access-grants/locations';
import { systemClock } from './clock';
import { integrationLifecycle } from './immuta/lifecycle';
import { invokeLambda } from './protocol/continuation';
import { LambdaContext } from './protocol/event';
import { run } from './protocol/run';
import { readSecretsManager } from './secret';

const work = integrationLifecycle({
  environment: process.env,
  readSecret: readSecretsManager,
  findRegisteredLocation: findRegisteredLocation(),
});

/** Answers events for `Custom::ImmutaS3Integration`. */
export const handler = (event: unknown, context: LambdaContext): Promise<void> =>
  run(event, context, { work, clock: systemClock, invoke: invokeLambda });
