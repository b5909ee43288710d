import { CfnResource, Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { readable } from './readable';

const DYNAMIC_REFERENCE = '{{resolve:';

/** A secret whose value this app writes into the template. */
export function plainTextProblems(prop: string, secret: secretsmanager.ISecret, field?: string): string[] {
  const resource = secret.node.defaultChild;
  if (!resource || !CfnResource.isCfnResource(resource) || resource.cfnResourceType !== 'AWS::SecretsManager::Secret') {
    return [];
  }
  const { secretString } = resource as secretsmanager.CfnSecret;
  const value = part(readable(Stack.of(resource).resolve(secretString), () => DYNAMIC_REFERENCE), field);
  return value === undefined || value === '' || value.includes(DYNAMIC_REFERENCE) ? [] : [
    `the value of '${prop}' (secret '${secret.node.path}') would be in the template in plain text: make the secret without a value and put it in `
    + 'with \'aws secretsmanager put-secret-value\', or import a secret that exists',
  ];
}

/** The field of a JSON text, or the text. */
function part(text: unknown, field?: string): string | undefined {
  if (typeof text !== 'string' || field === undefined) {
    return text as string | undefined;
  }
  try {
    return JSON.parse(text)[field];
  } catch {
    return text;
  }
}
