import { Token } from 'aws-cdk-lib';
import { createProblem, Problem } from './problems';

/** Checks that the URL is that of a tenant: https, in lower case, without credentials, path or query. */
export function validateUrl(url: string): Problem[] {
  if (Token.isUnresolved(url)) {
    return [];
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.username || parsed?.password) {
    return [createProblem('URL_WITH_CREDENTIALS')];
  }
  const got = JSON.stringify(url);
  if (parsed?.protocol !== 'https:') {
    return [createProblem('URL_NOT_HTTPS', { got })];
  }
  return parsed.origin === removeTrailingSlashes(url) ? []
    : [createProblem('URL_NOT_ORIGIN', { got, proposal: JSON.stringify(parsed.origin) })];
}

/** Returns the URL in the form that the template holds. */
export function removeTrailingSlashes(url: string): string {
  return url.replace(/\/+$/, '');
}
