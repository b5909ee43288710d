import { PrefixForm } from '../contract';

/**
 * Writes a prefix for Immuta, whose documentation says neither whether it is relative to the location nor whether it
 * begins with a slash. Its sample does.
 *
 * @param prefix below the location
 * @param locationPath such as `s3://sales/`
 */
export function formatPrefix(prefix: string, form: PrefixForm, locationPath: string): string {
  return form === 'relative' ? `/${prefix}` : joinPath(locationPath, prefix);
}

/**
 * Whether Immuta's prefix, in whatever form, is this one below the location.
 *
 * @param locationPath undefined if the integration is gone. Then the end of an absolute prefix decides
 */
export function isSamePrefix(shown: string, prefix: string, locationPath: string | undefined): boolean {
  if (!shown.startsWith('s3://')) {
    return normalize(shown.replace(/^\/+/, '')) === normalize(prefix);
  }
  return locationPath === undefined
    ? normalize(shown).endsWith(`/${normalize(prefix)}`)
    : normalize(shown) === normalize(joinPath(locationPath, prefix));
}

/** A location may end with a star, as its scope in S3 Access Grants does. */
function joinPath(locationPath: string, prefix: string): string {
  const location = locationPath.replace(/\*$/, '');
  return `${location}${location.endsWith('/') ? '' : '/'}${prefix}`;
}

function normalize(path: string): string {
  return path.replace(/\*$/, '').replace(/\/$/, '');
}
