import { SandboxClock } from '../clock';

/** A value whose changes are stored at once and take effect later, as in IAM. */
export class Eventual<T> {
  private versions: { readonly since: number; readonly value: T }[] = [];

  constructor(private readonly clock: SandboxClock, private readonly delayMs: () => number, value: T) {
    this.set(value);
  }

  set(value: T): void {
    this.versions.push({ since: this.clock.now(), value });
  }

  /** What was stored last. */
  get stored(): T {
    return this.versions[this.versions.length - 1].value;
  }

  /** What is in effect now; `undefined` while not even the first version is. */
  get effective(): T | undefined {
    const now = this.clock.now() - this.delayMs();
    return [...this.versions].reverse().find((version) => version.since <= now)?.value;
  }
}
