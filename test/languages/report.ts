/** Counts checks, prints each as it ends, and closes with `N passed, N failed`. */
export class Report {
  private passed = 0;
  private failed = 0;
  private skipped = 0;

  /** Resolves with whether the check passed. */
  async check(name: string, check: () => unknown): Promise<boolean> {
    const start = Date.now();
    try {
      await check();
    } catch (error) {
      this.failed++;
      console.log(`✗ ${name}\n${indented(error instanceof Error ? error.message : String(error))}`);
      return false;
    }
    this.passed++;
    console.log(`✓ ${name} (${Math.round((Date.now() - start) / 1000)} s)`);
    return true;
  }

  skip(name: string, reason: string): void {
    this.skipped++;
    console.log(`- ${name}: skipped, ${reason}`);
  }

  /** Whether nothing failed. */
  close(): boolean {
    console.log(`${this.passed} passed, ${this.failed} failed${this.skipped > 0 ? `, ${this.skipped} skipped` : ''}`);
    return this.failed === 0;
  }
}

function indented(text: string): string {
  return text.trimEnd().split('\n').map((line) => `    ${line}`).join('\n');
}
