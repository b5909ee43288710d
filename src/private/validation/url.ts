import { Token } from 'aws-cdk-lib';

/** Checks that the URL is that of a tenant: https, in lower case, without credentials, path or query. */
export function validateUrl(url: string): string[] {
  if (Token.isUnresolved(url)) {
    return [];
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.username || parsed?.password) {
    return ['\'url\' must not hold credentials: the API key belongs in \'apiKey\''];
  }
  if (parsed?.protocol !== 'https:') {
    return [`'url' must begin with https://, got ${JSON.stringify(url)}`];
  }
  return parsed.origin === url.replace(/\/+$/, '') ? []
    : [`'url' must be the tenant's address without a path or query and as it is sent, got ${JSON.stringify(url)}: write ${JSON.stringify(parsed.origin)}`];
}
