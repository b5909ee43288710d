/** Returns a location without the slash at its end. `s3://` stays as it is. */
export function dropLastSlash(location: string): string {
  return location.replace(/([^/])\/$/, '$1');
}
