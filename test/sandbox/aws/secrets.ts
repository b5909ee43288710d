import { randomBytes } from 'crypto';
import { AwsError } from './aws-error';

export interface Secret {
  readonly arn: string;
  readonly name: string;
  /** `undefined`: the secret exists and has no value yet. Bytes: it is binary. */
  readonly value?: string | Uint8Array;
}

/** Secrets Manager of the sandbox; nothing here is authorised. */
export class SecretsState {
  /** Every value that a secret has ever had: none of them may be written anywhere. */
  readonly everyValue: { readonly name: string; readonly value: string }[] = [];
  private readonly secrets = new Map<string, Secret>();

  constructor(private readonly accountId: string, private readonly region: string) {}

  createSecret(name: string, value?: Secret['value']): Secret {
    if (this.find(name)) {
      throw new AwsError(400, 'ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
    }
    const suffix = randomBytes(3).toString('hex');
    const secret = { arn: `arn:aws:secretsmanager:${this.region}:${this.accountId}:secret:${name}-${suffix}`, name, value };
    this.secrets.set(secret.arn, secret);
    this.remember(secret);
    return secret;
  }

  /** Rotates. */
  putSecretValue(secretId: string, value: Secret['value']): void {
    this.remember(Object.assign(this.secret(secretId), { value }));
  }

  deleteSecret(secretId: string): void {
    this.secrets.delete(this.secret(secretId).arn);
  }

  secret(secretId: string): Secret {
    const secret = this.find(secretId);
    if (!secret) throw new AwsError(400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return secret;
  }

  /** The ARN that a policy must allow for this id, whether or not the secret exists. */
  resourceArn(secretId: string): string {
    const arn = `arn:aws:secretsmanager:${this.region}:${this.accountId}:secret:${secretId}-AAAAAA`;
    return this.find(secretId)?.arn ?? (secretId.startsWith('arn:') ? secretId : arn);
  }

  private remember({ name, value }: Secret): void {
    if (typeof value === 'string') this.everyValue.push({ name, value });
  }

  /** By name, ARN or ARN without its suffix, as AWS finds them. */
  private find(secretId: string): Secret | undefined {
    return this.secrets.get(secretId) ??
      [...this.secrets.values()].find(({ name, arn }) => name === secretId || arn.slice(0, -7) === secretId);
  }
}
