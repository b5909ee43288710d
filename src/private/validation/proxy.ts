import { Token } from 'aws-cdk-lib';
import { createProblem, Problem } from './problems';

/** Checks that the URL is that of a proxy, without credentials. Never quotes credentials. */
export function validateProxyUrl(text: string): Problem[] {
  if (Token.isUnresolved(text)) {
    return [];
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) {
    return [createProblem('PROXY_URL_WITH_CREDENTIALS')];
  }
  const isProxy = url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/';
  return isProxy ? [] : [createProblem('PROXY_URL_INVALID', { got: JSON.stringify(text) })];
}
