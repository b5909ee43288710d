import { TestClock } from './test-clock';
import { ApiKey } from '../../../src/handler/immuta/api-key';
import { Transport } from '../../../src/handler/immuta/transport';
import { Deadline } from '../../../src/handler/runtime/deadline';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';

/** Requests to a server, with a thousand seconds of time, and with pauses in the middle of the jitter. */
export function createTransport(baseUrl: string, clock: TestClock, redaction: Redaction): Transport {
  const end = clock.now() + 1_000_000;
  const limits = { handOverAt: end, giveUpAt: end, iamPropagationEndsAt: end, creationEndsAt: end };
  return new Transport({
    baseUrl,
    apiKey: new ApiKey({ secretArn: 'arn:secret', read: async () => 'key', isInField: false, redaction }),
    deadline: new Deadline(clock, limits),
    redaction,
    beforeWrite: async () => undefined,
    log: createLog({ clock, redaction, write: () => undefined }),
    random: () => 0.5,
  });
}
