import { invokeFunction } from '../../../src/handler/aws/lambda';
import { createAwsTools } from '../support/aws-tools';
import { HandlerSandbox } from '../support/handler-sandbox';

const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:immuta';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

test('invokes a function with an event', async () => {
  await invokeFunction(FUNCTION, { hop: 1 }, createAwsTools(sandbox.clock));

  expect(sandbox.invocations).toEqual([{ hop: 1 }]);
});

test('names Lambda when it is out of order, and leaves the attempts to the caller', async () => {
  process.env.AWS_MAX_ATTEMPTS = '3'; // of the SDK
  sandbox.failAws('lambda', 503, 'ServiceException', 'Busy.');
  const { deadline, log } = createAwsTools(sandbox.clock);

  await expect(invokeFunction(FUNCTION, {}, { deadline: deadline.withoutRetries(), log })).rejects.toThrow(
    /^AWS Lambda failed to process Invoke: ServiceException: Busy\. .*\[AWS_UNAVAILABLE\]$/,
  );
  expect(sandbox.countAwsCalls('Invoke')).toBe(1);
});
