import { SandboxClock } from '../clock';

export type Write = 'create' | 'edit' | 'delete';

/** How long a read shows the state before a write and before what follows from it, in virtual ms. */
export type WriteLag = Record<Write, number>;

interface Version<T> {
  readonly since: number;
  readonly write: Write;
  /** `undefined`: the record is gone. */
  readonly record?: T;
}

/** What reads show of records whose changes take time to show. What a test changes by itself shows at once. */
export class LaggingReads<T> {
  private readonly versions = new Map<string, Version<T>[]>();

  constructor(private readonly clock: SandboxClock, private readonly records: ReadonlyMap<string, T>) {}

  /** Keeps the state of a record after a write. */
  note(id: string, write: Write, since = this.clock.now()): void {
    const record = this.records.get(id);
    const version = { since, write, record: record && structuredClone(record) };
    this.versions.set(id, [...this.versions.get(id) ?? [], version]);
  }

  find(id: string, lag: WriteLag): T | undefined {
    const versions = this.versions.get(id) ?? [];
    const shown = versions.map(({ since, write }) => since + lag[write] <= this.clock.now()).lastIndexOf(true);
    if (versions.length === 0 || shown === versions.length - 1) return this.records.get(id);
    return versions[shown]?.record;
  }

  list(lag: WriteLag): T[] {
    const ids = new Set([...this.versions.keys(), ...this.records.keys()]);
    return [...ids].map((id) => this.find(id, lag)).filter((record) => record !== undefined);
  }
}
