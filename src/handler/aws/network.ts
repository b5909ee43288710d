import { X509Certificate } from 'node:crypto';
import { readField, readSecret } from './secrets-manager';
import {
  ENV_CA_CERTIFICATES_FIELD, ENV_CA_CERTIFICATES_SECRET_ARN, ENV_PROXY_CREDENTIALS_SECRET_ARN, ENV_PROXY_URL,
} from '../contract';
import { createFailure } from '../failure';
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
 * Applies the proxy and the CA certificates of the function. Each event reads the secrets again, since they may have
 * changed.
 *
 * @throws Failure if a secret cannot be read or used
 */
export async function prepareNetwork(environment: Environment, tools: Tools): Promise<void> {
  const proxyUrl = environment[ENV_PROXY_URL];
  const credentialsArn = environment[ENV_PROXY_CREDENTIALS_SECRET_ARN];
  useProxy(undefined); // an earlier event may have left a proxy with old credentials
  useProxy(proxyUrl && credentialsArn ? await addCredentials(proxyUrl, credentialsArn, tools) : proxyUrl);
  const certificatesArn = environment[ENV_CA_CERTIFICATES_SECRET_ARN];
  if (certificatesArn) {
    trustCertificates(await readCertificates(certificatesArn, environment[ENV_CA_CERTIFICATES_FIELD], tools));
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

async function readCertificates(secretArn: string, field: string | undefined, tools: Tools): Promise<string[]> {
  const text = await readSecret(secretArn, tools);
  const certificates = (field ? readField(secretArn, text, field) : text).match(
    /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
  );
  if (!certificates?.every(isCertificate)) {
    throw createFailure('CA_CERTIFICATES_INVALID', { secret: secretArn });
  }
  return certificates;
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
