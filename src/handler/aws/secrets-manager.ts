import { callAws } from './call';
import { describeAwsError, isRefusedByAws } from './error';
import { clientConfig, secretsManagerSdk } from './sdk';
import { createFailure } from '../failure';
import { Deadline } from '../runtime/deadline';
import { toObject } from '../runtime/json';
import { Log } from '../runtime/log';
import { isWellFormed } from '../runtime/text';

/**
 * Reads the text of a secret.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export async function readSecret(
  arn: string,
  tools: { readonly deadline: Deadline; readonly log: Log },
): Promise<string> {
  const { SecretsManagerClient, GetSecretValueCommand } = secretsManagerSdk();
  const createClient = () => new SecretsManagerClient({ ...clientConfig(), maxAttempts: 1 });
  const service = { name: 'AWS Secrets Manager', createClient };
  const call = { ...tools, operation: `GetSecretValue of '${arn}'` };
  let text: string | undefined;
  try {
    ({ SecretString: text } = await callAws(service, call, (client, options) =>
      client.send(new GetSecretValueCommand({ SecretId: arn }), options),
    ));
  } catch (error) {
    throw isRefusedByAws(error)
      ? createFailure('SECRET_NOT_READABLE', { secret: arn, cause: describeAwsError(error) }, { cause: error })
      : error;
  }
  if (text === undefined) {
    throw createFailure('SECRET_IS_BINARY', { secret: arn });
  }
  return text;
}

/**
 * Returns a field of a secret that is a JSON object.
 *
 * No failure quotes what the secret holds, so none has the parser's error as its cause.
 */
export function readField(arn: string, text: string, field: string): string {
  const value = parseObject(arn, text, field)[field];
  if (typeof value !== 'string' || value.trim() === '') {
    throw createFailure('SECRET_FIELD_MISSING', { secret: arn, field });
  }
  if (!isWellFormed(value)) {
    throw createFailure('SECRET_FIELD_MALFORMED', { secret: arn, field });
  }
  return value.trim();
}

function parseObject(arn: string, text: string, field: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) {
    throw createFailure('SECRET_IS_NOT_JSON', { secret: arn, field });
  }
  return toObject(parsed);
}
