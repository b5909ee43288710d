import type { Context } from './context';

/** A value of a switch. `null` stands for none. */
export type Value = string | number | boolean | null | readonly (string | number)[];

/** Values of switches of the stand-ins, by their paths in a `Sandbox`: `immuta.switches.keepsDeleted`. */
export type Settings = Readonly<Record<string, Value>>;

/** Values of switches as an experiment saw them. Undefined if it could not determine them. */
export type Seen = Readonly<Record<string, Value | undefined>>;

/** Optional options that some experiments need, with their names on the command line. */
export const NEEDED_OPTIONS = { identityCenter: '--identity-center', directoryGroup: '--directory-group' } as const;

/** Answers a question that neither AWS nor Immuta documents. */
export interface Experiment {
  /** Kebab case. `docs/limits.md` refers to it. */
  readonly id: string;
  readonly question: string;
  /** What the stand-ins assume: the defaults of the switches that the answer sets. */
  readonly expected: Settings;
  /** Options that the experiment cannot do without. @default - it needs no optional one */
  readonly needs?: readonly (keyof typeof NEEDED_OPTIONS)[];
  /**
   * Returns the switches as the experiment saw them.
   *
   * @throws Error if the experiment could not be run
   */
  run(context: Context): Promise<Seen>;
}
