import { readCertificates } from './ca-certificates';
import { readField, readSecret } from './secrets-manager';
import { ENV_PROXY_CREDENTIALS_SECRET_ARN, ENV_PROXY_URL } from '../contract';
import { Deadline } from '../runtime/deadline';
import { Environment } from '../runtime/environment';
import { bestEffort, Log } from '../runtime/log';
import { trustCertificates, useProxy } from '../runtime/network';
import { Redaction } from '../runtime/redaction';

interface Tools {
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
}

/**
 * Applies the proxy and the CA certificates of the function. Each event reads them again, since they may have changed.
 *
 * @throws Failure if the credentials or the certificates cannot be read or used
 */
export async function prepareNetwork(environment: Environment, tools: Tools): Promise<void> {
  const proxyUrl = environment[ENV_PROXY_URL];
  const credentialsArn = environment[ENV_PROXY_CREDENTIALS_SECRET_ARN];
  useProxy(undefined); // an earlier event may have left a proxy with old credentials
  useProxy(proxyUrl && credentialsArn ? await addCredentials(proxyUrl, credentialsArn, tools) : proxyUrl);
  const certificates = await readCertificates(environment, tools);
  if (certificates) {
    trustCertificates(certificates);
  }
}

/** Does the same for a Delete, which may need no network: a rollback can succeed although the settings are wrong. */
export async function prepareNetworkIfPossible(environment: Environment, tools: Tools): Promise<void> {
  await bestEffort(tools.log, 'network-not-prepared', () => prepareNetwork(environment, tools));
}

async function addCredentials(proxyUrl: string, secretArn: string, tools: Tools): Promise<string> {
  const text = await readSecret(secretArn, tools);
  const url = new URL(proxyUrl);
  url.username = encodeURIComponent(readField(secretArn, text, 'username'));
  url.password = encodeURIComponent(tools.redaction.remember(readField(secretArn, text, 'password')));
  return url.href;
}
