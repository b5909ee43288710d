/** A zone of the ESLint rule `import/no-restricted-paths`. */
export interface Zone {
  readonly target: string;
  readonly from: string;
  readonly message: string;
}

/**
 * Forbids every import of a higher layer in a lower one.
 *
 * @param layers globs of the layers, the lowest first
 */
export function forbidUpwardImports(layers: string[]): Zone[] {
  return layers.flatMap((target, level) => layers.slice(level + 1).map((from) => ({
    target, from, message: `Imports point down only, and ${from} is a higher layer.`,
  })));
}
