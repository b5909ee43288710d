/** API key → the permissions of its user. */
export class ApiKeys extends Map<string, string[]> {
  /** Every key that there ever was. */
  readonly every = new Set<string>();

  set(key: string, permissions: string[]): this {
    this.every.add(key);
    return super.set(key, permissions);
  }
}
