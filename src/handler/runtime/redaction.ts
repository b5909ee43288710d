const REPLACEMENT = '[redacted]';

/**
 * The secret values that this invocation has read. Immuta's messages may quote them, so they are removed from texts.
 */
export class Redaction {
  private readonly forms = new Set<string>();
  private readonly disclosed = new Set<string>();

  /** Removes a value from every text from now on. Returns it, so reading and remembering are one expression. */
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

  /** Keeps the ID of an access key in every text: the user may have to delete the key by hand. */
  public disclose(accessKeyId: string): void {
    this.disclosed.add(accessKeyId);
  }

  public redact(text: string): string {
    // the longest first, because one secret may be the beginning of another
    const longestFirst = [...this.forms]
      .filter((form) => !this.disclosed.has(form))
      .sort((a, b) => b.length - a.length);
    return longestFirst.reduce((redacted, form) => redacted.replaceAll(form, REPLACEMENT), text);
  }
}
