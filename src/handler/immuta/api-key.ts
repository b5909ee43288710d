import { createFailure } from '../failure';
import { Redaction } from '../runtime/redaction';

export interface ApiKeyOptions {
  /** ARN of the secret, for failures. */
  readonly secretArn: string;
  /** Reads the secret, or the field of it that holds the key. */
  readonly read: () => Promise<string>;
  /** Whether the secret has a field for the key. */
  readonly isInField: boolean;
  readonly redaction: Redaction;
}

/**
 * Immuta's API key: read when it is first needed, and again when Immuta rejects it, because it may just have been
 * rotated.
 */
export class ApiKey {
  private key?: string;

  constructor(private readonly options: ApiKeyOptions) {}

  public get secretArn(): string {
    return this.options.secretArn;
  }

  public async getValue(): Promise<string> {
    return (this.key ??= await this.read());
  }

  public forget(): void {
    this.key = undefined;
  }

  private async read(): Promise<string> {
    const { secretArn: secret, read, isInField, redaction } = this.options;
    const key = redaction.remember((await read()).trim());
    if (key === '') {
      throw createFailure('API_KEY_EMPTY', { secret });
    }
    if (!isInField && key.startsWith('{')) {
      throw createFailure('API_KEY_IS_JSON', { secret });
    }
    if (!/^[\x21-\x7e]+$/.test(key)) {
      throw createFailure('API_KEY_MALFORMED', { secret });
    }
    return key;
  }
}
