import { callAws } from './call';
import { clientConfig, lambdaSdk } from './sdk';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

const TIMEOUT_MS = 15_000;

/**
 * Invokes a function asynchronously.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export async function invokeFunction(
  functionArn: string,
  payload: unknown,
  tools: { readonly deadline: Deadline; readonly log: Log },
): Promise<void> {
  const { LambdaClient, InvokeCommand } = lambdaSdk();
  const service = { name: 'AWS Lambda', createClient: () => new LambdaClient({ ...clientConfig(), maxAttempts: 1 }) };
  await callAws(service, { ...tools, operation: 'Invoke', timeoutMs: TIMEOUT_MS }, (client, options) =>
    client.send(
      new InvokeCommand({
        FunctionName: functionArn,
        InvocationType: 'Event',
        Payload: Buffer.from(JSON.stringify(payload)),
      }),
      options,
    ),
  );
}
