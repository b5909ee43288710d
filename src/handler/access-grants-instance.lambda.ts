import { instanceLifecycle } from './access-grants/lifecycle';
import { systemClock } from './clock';
import { invokeLambda } from './protocol/continuation';
import { LambdaContext } from './protocol/event';
import { run } from './protocol/run';

const work = instanceLifecycle();

/** Answers events for `Custom::S3AccessGrantsInstance`. */
export const handler = (event: unknown, context: LambdaContext): Promise<void> =>
  run(event, context, { work, clock: systemClock, invoke: invokeLambda });
