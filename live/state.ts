import { existsSync, readFileSync, rmSync } from 'node:fs';
import { replaceFile } from './replace-file';

/** What a run creates. Each is noted before it is created, so that a crash in between leaves nothing unknown. */
export interface Created {
  /** Names of stacks. */
  readonly stacks: readonly string[];
  /** Names of integrations in Immuta. */
  readonly integrations: readonly string[];
  /** Names of data sources in Immuta. */
  readonly dataSources: readonly string[];
  /** Scopes of the locations in which the kit creates grants. */
  readonly grants: readonly string[];
  /** Associations of the instance of the kit with Identity Center. */
  readonly associations: readonly string[];
  /** Scopes of locations of S3 Access Grants that the kit or an integration of it registers. */
  readonly locations: readonly string[];
}

const NOTHING: Created = {
  stacks: [], integrations: [], dataSources: [], grants: [], associations: [], locations: [],
};

/** The file from which the next run learns what a run that was killed has left. */
export class State {
  private created: Created;

  /**
   * @param place Account, Region and tenant of the run
   * @throws Error if the file is about another place: nothing that it lists would be found
   */
  constructor(private readonly file: string, private readonly place: string) {
    const saved = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { place, created: {} };
    if (saved.place !== place) {
      throw new Error(`'${file}' lists what a run has left in ${saved.place}, and this run is in ${place}. Run the kit `
        + 'there first: it deletes that.');
    }
    this.created = { ...NOTHING, ...saved.created };
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
    replaceFile(this.file, JSON.stringify({ place: this.place, created }, undefined, 2) + '\n');
  }
}
