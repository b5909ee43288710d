/** Reads of Immuta and S3 Access Grants may show the state before a write for this long. */
export const READ_LAG_MS = 60_000;

/** A new role or trust policy takes this long to have an effect, and a deleted grant to be gone. */
export const PROPAGATION_MS = 60_000;

/** The same at the longest. */
export const LONGEST_PROPAGATION_MS = 3 * 60_000;
