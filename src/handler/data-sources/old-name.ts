import { computeDigest } from '../runtime/digest';

const LONGEST_NAME = 255;

/**
 * Returns the name of a data source whose own name another prefix takes, such as `Sales orders [101: orders/]`: a
 * disabled data source keeps its name.
 */
export function formatOldName(name: string, integrationId: string, prefix: string): string {
  const suffix = ` [${integrationId}: ${prefix}]`;
  return name.length + suffix.length <= LONGEST_NAME
    ? name + suffix
    : `${cutName(name)} [${integrationId}: ${computeDigest(`${name} ${prefix}`)}]`;
}

/** Half of a surrogate pair cannot be sent. */
function cutName(name: string): string {
  return name.slice(0, LONGEST_NAME / 2).replace(/[\uD800-\uDBFF]$/, '');
}
