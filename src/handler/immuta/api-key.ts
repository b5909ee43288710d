import { fieldOf, ReadSecret } from '../aws/secrets-manager';
import { Deadline } from '../runtime/deadline';
import { Redaction } from '../runtime/redaction';

export interface ApiKeyOptions {
  readonly secretArn: string;
  /** The field of a JSON secret. */
  readonly field?: string;
  readonly readSecret: ReadSecret;
  readonly deadline: Deadline;
  readonly redaction: Redaction;
}

/** Immuta's API key: read when it is first needed, and again when Immuta rejects it, for it may just have been rotated. */
export class ApiKey {
  private key?: string;

  constructor(private readonly options: ApiKeyOptions) {}

  public get secretArn(): string {
    return this.options.secretArn;
  }

  public async current(): Promise<string> {
    return this.key ??= await this.read();
  }

  public forget(): void {
    this.key = undefined;
  }

  private async read(): Promise<string> {
    const { secretArn, field, readSecret, deadline, redaction } = this.options;
    const text = await readSecret(secretArn, deadline);
    const key = redaction.remember(field ? fieldOf(secretArn, text, field) : text.trim());
    if (key === '') {
      throw new Error(`the secret '${secretArn}' is empty: store the API key there`);
    }
    if (!field && key.startsWith('{')) {
      throw new Error(`the secret '${secretArn}' is a JSON object: name the field that holds the API key with 'apiKeyField'`);
    }
    if (!/^[\x21-\x7e]+$/.test(key)) {
      throw new Error(`the secret '${secretArn}' holds characters that an API key cannot have, such as white space inside`);
    }
    return key;
  }
}
