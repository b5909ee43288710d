import { instanceLifecycle } from './instance/lifecycle';
import { invokeLambda } from './protocol/continuation';
import { LambdaContext } from './protocol/event';
import { run } from './protocol/run';
import { systemClock } from './runtime/clock';

const work = instanceLifecycle();

/** Answers events for `Custom::S3AccessGrantsInstance`. */
export const handler = (event: unknown, context: LambdaContext): Promise<void> =>
  run(event, context, { work, clock: systemClock, invoke: invokeLambda });
