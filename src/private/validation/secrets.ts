import { CfnResource, Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { compareTokens, renderIntrinsics } from '../tokens';

/** A secret that the handler would look for in the wrong Region. */
export function validateSecretRegion(scope: Construct, prop: string, secret: secretsmanager.ISecret): string[] {
  const { region } = Stack.of(scope);
  return compareTokens(secret.env.region, region) !== 'different' ? [] : [
    `'${prop}' (secret '${secret.node.path}') is in Region ${secret.env.region}, and it is read in ${region}: replicate the secret to ${region} and import the replica`,
  ];
}

const DYNAMIC_REFERENCE = '{{resolve:';

/**
 * A secret whose value this app writes into the template.
 *
 * @param fields what is read of it; undefined for all of it
 */
export function validateSecretValue(prop: string, secret: secretsmanager.ISecret, fields: (string | undefined)[]): string[] {
  const resource = secret.node.defaultChild;
  if (!resource || !CfnResource.isCfnResource(resource) || resource.cfnResourceType !== 'AWS::SecretsManager::Secret') {
    return [];
  }
  return fields.every((field) => isHidden(findTemplateValue(resource as secretsmanager.CfnSecret, field))) ? [] : [
    `the value of '${prop}' (secret '${secret.node.path}') would be in the template in plain text: make the secret without a value and put it in `
    + 'with \'aws secretsmanager put-secret-value\', or import a secret that exists',
  ];
}

function isHidden(value: unknown): boolean {
  return value === undefined || value === '' || String(value).includes(DYNAMIC_REFERENCE);
}

/** What the template has of the secret, or of one of its fields. */
function findTemplateValue(resource: secretsmanager.CfnSecret, field?: string): unknown {
  const { secretString, generateSecretString } = resource;
  const generate = Stack.of(resource).resolve(generateSecretString);
  if (generate && (field === undefined || field === generate.generateStringKey)) {
    return undefined;
  }
  return selectField(renderIntrinsics(Stack.of(resource).resolve(secretString) ?? generate?.secretStringTemplate, () => DYNAMIC_REFERENCE), field);
}

/** The field of a JSON text, or the text. */
function selectField(text: unknown, field?: string): unknown {
  if (typeof text !== 'string' || field === undefined) {
    return text;
  }
  try {
    return JSON.parse(text)[field];
  } catch {
    return text;
  }
}
