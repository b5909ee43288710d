import { isWellFormed, replaceUnsafe } from './text';

const REPLACEMENT = '[redacted]';

/**
 * The secret values that this invocation has read. Immuta's messages may quote them, so they are removed from texts.
 */
export class Redaction {
  private readonly forms = new Set<string>();
  private readonly disclosed = new Set<string>();
  private matcher?: RegExp;

  /** Removes a value from every text from now on. Returns it, so reading and remembering are one expression. */
  public remember(secret: string): string {
    const forms = [secret, JSON.stringify(secret).slice(1, -1), secret.replaceAll('/', '\\/')];
    if (isWellFormed(secret)) {
      forms.push(encodeURIComponent(secret));
    }
    forms.filter((form) => form !== '').forEach((form) => this.forms.add(form));
    this.matcher = undefined;
    return secret;
  }

  /** Keeps the ID of an access key in every text: the user may have to delete the key by hand. */
  public disclose(accessKeyId: string): void {
    this.disclosed.add(accessKeyId);
    this.matcher = undefined;
  }

  /** Returns a text that may be shown: without secrets, and without characters that a terminal obeys. */
  public clean(text: string): string {
    return replaceUnsafe(this.redact(text));
  }

  public redact(text: string): string {
    this.matcher ??= this.createMatcher();
    return text.replace(this.matcher, REPLACEMENT);
  }

  /** One expression for all of them: each text is read once. */
  private createMatcher(): RegExp {
    const longestFirst = [...this.forms]
      .filter((form) => !this.disclosed.has(form))
      .sort((a, b) => b.length - a.length); // one secret may be the beginning of another
    const pattern = longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
    return new RegExp(pattern || '(?!)', 'g');
  }
}
