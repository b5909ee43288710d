import { Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';
import { validateEncryptionKey } from './encryption-keys';
import { createProblem, Problem } from './problems';
import { compareTokens, renderIntrinsics } from '../tokens';

const DYNAMIC_REFERENCE = '{{resolve:';

/** Checks that the handler, which runs in the scope's Region, can read the secret and decrypt it. */
export function validateSecretAccess(scope: IConstruct, prop: string, secret: secretsmanager.ISecret): Problem[] {
  const { region } = Stack.of(scope);
  const got = secret.env.region;
  return [
    ...compareTokens(got, region) !== 'different' ? []
      : [createProblem('SECRET_IN_OTHER_REGION', { prop, secret: secret.node.path, region, got })],
    ...validateEncryptionKey(`${prop}.encryptionKey`, secret.encryptionKey),
  ];
}

/** Checks that the secret of the access key is not known to be that of the API key. */
export function validateNotApiKey(secret: secretsmanager.ISecret, apiKey: secretsmanager.ISecret): Problem[] {
  const isSame =
    secret.secretArn === apiKey.secretArn || // a token refers to one secret
    compareTokens(secret.secretName, apiKey.secretName) === 'same';
  return isSame ? [createProblem('ACCESS_KEY_SECRET_SAME_AS_API_KEY', { secret: secret.node.path })] : [];
}

/**
 * Checks that the app does not write the value of the secret into the template.
 *
 * @param fields fields of the secret that the handler reads, or `undefined` for the whole value
 */
export function validateSecretValue(
  prop: string,
  secret: secretsmanager.ISecret,
  fields: (string | undefined)[],
): Problem[] {
  const resource = secret.node.defaultChild;
  if (
    !(resource instanceof secretsmanager.CfnSecret) ||
    fields.every((field) => isHidden(findTemplateValue(resource, field)))
  ) {
    return [];
  }
  return [createProblem('SECRET_IN_PLAIN_TEXT', { prop, secret: secret.node.path })];
}

function isHidden(value: unknown): boolean {
  return value === undefined || value === '' || String(value).includes(DYNAMIC_REFERENCE);
}

/** Returns what the template contains of the secret or of one of its fields. */
function findTemplateValue(resource: secretsmanager.CfnSecret, field?: string): unknown {
  const stack = Stack.of(resource);
  const generated = stack.resolve(resource.generateSecretString);
  if (generated && (field === undefined || field === generated.generateStringKey)) {
    return undefined;
  }
  const value = stack.resolve(resource.secretString) ?? generated?.secretStringTemplate;
  return selectField(renderIntrinsics(value, () => DYNAMIC_REFERENCE), field);
}

/** Returns a field of a JSON text, or the whole value if it is no such text. */
function selectField(value: unknown, field?: string): unknown {
  if (typeof value !== 'string' || field === undefined) {
    return value;
  }
  try {
    return JSON.parse(value)[field];
  } catch {
    return value;
  }
}
