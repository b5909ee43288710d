import { CfnResource, Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { readable } from './readable';

const DYNAMIC_REFERENCE = '{{resolve:';

/**
 * A secret whose value this app writes into the template.
 *
 * @param fields what is read of it; undefined for all of it
 */
export function plainTextProblems(prop: string, secret: secretsmanager.ISecret, fields: (string | undefined)[]): string[] {
  const resource = secret.node.defaultChild;
  if (!resource || !CfnResource.isCfnResource(resource) || resource.cfnResourceType !== 'AWS::SecretsManager::Secret') {
    return [];
  }
  return fields.every((field) => isHidden(valueOf(resource as secretsmanager.CfnSecret, field))) ? [] : [
    `the value of '${prop}' (secret '${secret.node.path}') would be in the template in plain text: make the secret without a value and put it in `
    + 'with \'aws secretsmanager put-secret-value\', or import a secret that exists',
  ];
}

function isHidden(value: unknown): boolean {
  return value === undefined || value === '' || String(value).includes(DYNAMIC_REFERENCE);
}

/** What the template has of the secret, or of one of its fields. */
function valueOf(resource: secretsmanager.CfnSecret, field?: string): unknown {
  const { secretString, generateSecretString } = resource;
  const generate = Stack.of(resource).resolve(generateSecretString);
  if (generate && (field === undefined || field === generate.generateStringKey)) {
    return undefined;
  }
  return part(readable(Stack.of(resource).resolve(secretString) ?? generate?.secretStringTemplate, () => DYNAMIC_REFERENCE), field);
}

/** The field of a JSON text, or the text. */
function part(text: unknown, field?: string): unknown {
  if (typeof text !== 'string' || field === undefined) {
    return text;
  }
  try {
    return JSON.parse(text)[field];
  } catch {
    return text;
  }
}
