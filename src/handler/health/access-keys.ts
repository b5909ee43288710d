import { SecretVersions } from '../aws/secret-versions';
import { readField, readSecret } from '../aws/secrets-manager';
import { ExpectedIntegration } from '../contract';
import { Deadline } from '../runtime/deadline';
import { parseObject } from '../runtime/json';
import { Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';

interface Tools {
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
}

/**
 * Reads the IDs of the access keys that Immuta may have. During a rotation of a managed key there are two. Every key
 * that it reads is redacted from now on.
 *
 * @returns undefined if Immuta has a role
 */
export async function readAccessKeyIds(expected: ExpectedIntegration, tools: Tools): Promise<string[] | undefined> {
  const { AccessKeySecretArn: secretArn, AccessKeyUserName: userName } = expected;
  if (!secretArn) {
    return undefined;
  }
  const idField = expected.AccessKeyIdField || 'accessKeyId';
  const keyField = expected.SecretAccessKeyField || 'secretAccessKey';
  const texts = userName ? await readVersions(secretArn, tools) : [await readSecret(secretArn, tools)];
  for (const text of texts) {
    const fields = parseObject(text);
    [fields[idField], fields[keyField]].forEach((value) => tools.redaction.remember(String(value ?? '').trim()));
  }
  return texts.map((text) => readField(secretArn, text, idField));
}

/** Without a version that names no key, as an update to other credentials stores it. */
async function readVersions(secretArn: string, tools: Tools): Promise<string[]> {
  const secret = new SecretVersions(secretArn, tools);
  const { labels } = await secret.describe();
  const inUse = [...labels].filter(([, all]) => all.includes('AWSCURRENT') || all.includes('AWSPENDING'));
  const texts = await Promise.all(inUse.map(([versionId]) => secret.getValue(versionId)));
  return texts.filter((text) => text !== undefined).filter((text) => 'accessKeyId' in parseObject(text));
}
