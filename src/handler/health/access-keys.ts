import { SecretVersions } from '../aws/secret-versions';
import { readField, readSecret } from '../aws/secrets-manager';
import { ExpectedIntegration } from '../contract';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

interface Tools {
  readonly deadline: Deadline;
  readonly log: Log;
}

/**
 * Reads the IDs of the access keys that Immuta may have. During a rotation of a managed key there are two.
 *
 * @returns undefined if Immuta has a role
 */
export async function readAccessKeyIds(expected: ExpectedIntegration, tools: Tools): Promise<string[] | undefined> {
  const { AccessKeySecretArn: secretArn, AccessKeyIdField: field, AccessKeyUserName: userName } = expected;
  if (!secretArn) {
    return undefined;
  }
  const texts = userName ? await readVersions(secretArn, tools) : [await readSecret(secretArn, tools)];
  return texts.map((text) => readField(secretArn, text, field || 'accessKeyId'));
}

async function readVersions(secretArn: string, tools: Tools): Promise<string[]> {
  const secret = new SecretVersions(secretArn, tools);
  const { labels } = await secret.describe();
  const inUse = [...labels].filter(([, all]) => all.includes('AWSCURRENT') || all.includes('AWSPENDING'));
  const texts = await Promise.all(inUse.map(([versionId]) => secret.getValue(versionId)));
  return texts.filter((text) => text !== undefined);
}
