import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** What a run creates. Each is noted before it is created, so that a crash in between leaves nothing unknown. */
export interface Created {
  /** Names of stacks. */
  readonly stacks: readonly string[];
  /** Names of integrations in Immuta. */
  readonly integrations: readonly string[];
  /** Names of data sources in Immuta. */
  readonly dataSources: readonly string[];
  /** Associations of the instance of the kit with Identity Center. */
  readonly associations: readonly string[];
  /** Scopes of locations of S3 Access Grants that the kit registers itself. */
  readonly locations: readonly string[];
}

const NOTHING: Created = { stacks: [], integrations: [], dataSources: [], associations: [], locations: [] };

/** The file from which the next run learns what a run that was killed has left. */
export class State {
  private created: Created;

  constructor(private readonly file: string) {
    this.created = existsSync(file) ? { ...NOTHING, ...JSON.parse(readFileSync(file, 'utf8')) } : NOTHING;
  }

  get current(): Created {
    return this.created;
  }

  get isEmpty(): boolean {
    return Object.values(this.created).every((names) => names.length === 0);
  }

  add(kind: keyof Created, name: string): void {
    if (!this.created[kind].includes(name)) this.write({ ...this.created, [kind]: [...this.created[kind], name] });
  }

  remove(kind: keyof Created, name: string): void {
    this.write({ ...this.created, [kind]: this.created[kind].filter((each) => each !== name) });
  }

  private write(created: Created): void {
    this.created = created;
    if (this.isEmpty) return rmSync(this.file, { force: true });
    // A crash while it is written must not lose it.
    writeFileSync(`${this.file}.new`, JSON.stringify(created, undefined, 2) + '\n');
    renameSync(`${this.file}.new`, this.file);
  }
}
