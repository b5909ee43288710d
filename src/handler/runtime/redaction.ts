const REPLACEMENT = '[redacted]';

/**
 * The secret values that this invocation has read, so that no text leaves the function with one of them:
 * Immuta's messages may quote what was sent.
 */
export class Redaction {
  private readonly forms = new Set<string>();
  private readonly disclosed = new Set<string>();

  /** Takes a value out of every text from now on. Returns it, so that reading and remembering are one expression. */
  public remember(secret: string): string {
    for (const form of [
      secret,
      JSON.stringify(secret).slice(1, -1),
      secret.replaceAll('/', '\\/'),
      encodeURIComponent(secret),
    ]) {
      if (form) {
        this.forms.add(form);
      }
    }
    return secret;
  }

  /** The id of an access key that the user may have to delete by hand: it stays in every text, whoever remembers it. */
  public disclose(accessKeyId: string): void {
    this.disclosed.add(accessKeyId);
  }

  public redact(text: string): string {
    // the longest first: one secret may be the beginning of another
    const longestFirst = [...this.forms]
      .filter((form) => !this.disclosed.has(form))
      .sort((a, b) => b.length - a.length);
    return longestFirst.reduce((redacted, form) => redacted.replaceAll(form, REPLACEMENT), text);
  }
}
