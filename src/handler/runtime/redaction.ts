import { replaceUnsafe } from './text';

const REPLACEMENT = '[redacted]';

/**
 * The secret values that this invocation has read. Immuta's messages may quote them, so they are removed from texts.
 */
export class Redaction {
  private readonly secrets = new Set<string>();
  private readonly disclosed = new Set<string>();
  private matcher?: RegExp;

  /** Removes a value from every text from now on. Returns it, so reading and remembering are one expression. */
  public remember(secret: string): string {
    this.secrets.add(secret);
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
    const longestFirst = [...this.secrets]
      .filter((secret) => secret !== '' && !this.disclosed.has(secret))
      .sort((a, b) => b.length - a.length); // one secret may be the beginning of another
    const pattern = longestFirst.map((secret) => Array.from(secret, matchCharacter).join('')).join('|');
    return new RegExp(pattern || '(?!)', 'g');
  }
}

const NAMED_ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Returns a pattern for a character as it is, and as JSON, HTML or a URL may write it. */
function matchCharacter(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) {
    return character;
  }
  const code = character.codePointAt(0)!;
  const hex = code.toString(16);
  const encoded = Buffer.from(character).toString('hex').replace(/../g, '%$&');
  const forms = [
    JSON.stringify(character).slice(1, -1),
    `\\${character}`,
    NAMED_ENTITIES[character] ?? character,
    `&#${code};`,
    ...[`&#x${hex};`, `\\u${hex.padStart(4, '0')}`, encoded].flatMap((form) => [form, upperDigits(form)]),
    character,
  ];
  return `(?:${forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`;
}

/** Writes the hexadecimal digits of an escape in upper case. */
function upperDigits(escape: string): string {
  return escape.replace(/[a-f]/g, (digit) => digit.toUpperCase());
}
