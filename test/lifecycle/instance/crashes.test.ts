import { EVERY_CRASH, testRecovery } from './crashes';

// crashes.slow.test.ts has every step
testRecovery(
  EVERY_CRASH.filter(({ when }) => /^it has (created|associated|dissociated|deleted|handed over|answered)/.test(when)),
);
