import type { Options } from './options';

/** Removes what identifies an account or a tenant, and what is secret. */
export type Redact = (text: string) => string;

export function createRedact(options: Options, secrets: readonly string[]): Redact {
  const { host, hostname } = new URL(options.url);
  const named: [string, string][] = [
    ...secrets.map((secret): [string, string] => [secret, '<secret>']),
    [host, '<tenant>'],
    [hostname, '<tenant>'], // A failed look-up names no port.
    [options.principal, '<principal>'],
    [options.externalId ?? '', '<external ID>'],
    [options.identityCenter ?? '', '<Identity Center>'],
    [options.directoryGroup ?? '', '<group>'],
    [options.secret, '<secret name>'],
    [options.bucket, '<bucket>'],
  ];
  return (text) => named
    .filter(([value]) => value !== '')
    .reduce((redacted, [value, name]) => redacted.replaceAll(value, name), text)
    .replace(/\barn:aws[\w-]*:[^\s'"`,;()[\]{}]+/g, '<ARN>') // That of a caller may contain an email address.
    .replace(/(?<!\d)\d{12}(?!\d)/g, '<account>')
    .replace(/\b(AKIA|ASIA|AROA|AIDA)[A-Z0-9]{8,}\b/g, '<$1…>');
}
