/** Whether a property names another tenant than the one that the function calls. */
export function isOtherTenant(calledUrl: string, url: string | undefined): url is string {
  return url !== undefined && url !== '' && normalizeUrl(url) !== normalizeUrl(calledUrl);
}

/** An imported tenant may have its URL in another spelling, such as with a slash at the end. */
export function normalizeUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).href.replace(/\/+$/, '') : url;
}
