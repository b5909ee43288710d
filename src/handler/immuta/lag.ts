/** Maximum time after a write of ours for which a read may show the state before it. */
export const IMMUTA_LAG_MS = 60_000;

/** Time between two reads that, if they agree, are evidence. */
export const CONFIRMATION_MS = 30_000;
