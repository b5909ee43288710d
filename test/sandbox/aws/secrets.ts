import { randomBytes } from 'crypto';
import { isDeepStrictEqual } from 'util';
import { SandboxClock } from '../clock';
import { AwsError } from './aws-error';
import { Eventual } from './eventual';

type Value = string | Uint8Array;

export interface SecretVersion {
  readonly id: string;
  /** `undefined`: a rotation has just started. */
  value?: Value;
  readonly labels: Set<string>;
  readonly createdAt: number;
}

/** How a secret is rotated. */
export interface RotationConfiguration {
  readonly lambdaArn: string;
  readonly scheduleExpression?: string;
}

export class Secret {
  readonly versions = new Map<string, SecretVersion>();
  readonly tags = new Map<string, string>();
  rotation?: RotationConfiguration;

  constructor(readonly arn: string, readonly name: string) {}

  /** `undefined`: the secret exists and has no value yet. Bytes: it is binary. */
  get value(): Value | undefined {
    return this.find('AWSCURRENT')?.value;
  }

  find(label: string): SecretVersion | undefined {
    return [...this.versions.values()].find(({ labels }) => labels.has(label));
  }
}

/** What `DescribeSecret` shows beside the names. */
export interface SecretDescription {
  readonly versions: Record<string, string[]>;
  readonly tags: Record<string, string>;
}

/** Secrets Manager of the sandbox; nothing here is authorised. */
export class SecretsState {
  /** Every value that a secret has ever had: none of them may be written anywhere. */
  readonly everyValue: { readonly name: string; readonly value: string }[] = [];
  /** How long `DescribeSecret` may answer with the state before a change. */
  consistencyMs = 0;
  /**
   * Whether moving AWSCURRENT to a version takes AWSPENDING off it: the documentation and AWS's own rotation
   * functions disagree.
   */
  removesPending = false;
  private readonly secrets = new Map<string, Secret>();
  private readonly descriptions = new Map<string, Eventual<SecretDescription>>();

  constructor(
    private readonly clock: SandboxClock,
    private readonly accountId: string,
    private readonly region: string,
  ) {}

  createSecret(name: string, value?: Value): Secret {
    if (this.find(name)) {
      throw new AwsError(
        400,
        'ResourceExistsException',
        `The operation failed because the secret ${name} already exists.`,
      );
    }
    const suffix = randomBytes(3).toString('hex');
    const secret = new Secret(`arn:aws:secretsmanager:${this.region}:${this.accountId}:secret:${name}-${suffix}`, name);
    this.secrets.set(secret.arn, secret);
    this.descriptions.set(secret.arn, new Eventual(this.clock, () => this.consistencyMs, describe(secret)));
    if (value !== undefined) this.putSecretValue(name, value);
    return secret;
  }

  /**
   * Stores a version.
   *
   * @param value `undefined` if the secret cannot be read any more
   */
  putSecretValue(
    secretId: string,
    value: Value | undefined,
    { token = randomBytes(16).toString('hex'), labels = ['AWSCURRENT'] } = {},
  ): SecretVersion {
    const secret = this.secret(secretId);
    const existing = secret.versions.get(token);
    if (existing?.value !== undefined && !isDeepStrictEqual(existing.value, value)) {
      throw new AwsError(
        400,
        'ResourceExistsException',
        `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ` +
          `${secret.arn}.`,
      );
    }
    const version = existing ?? { id: token, labels: new Set<string>(), createdAt: this.clock.now() };
    version.value = value;
    const isFirst = secret.versions.size === 0;
    secret.versions.set(token, version);
    new Set([...labels, ...(isFirst ? ['AWSCURRENT'] : [])]).forEach((label) => this.attach(secret, label, version));
    if (typeof value === 'string') this.everyValue.push({ name: secret.name, value });
    this.changed(secret);
    return version;
  }

  /** Creates the version of a rotation, which has no value. */
  startRotation(secretId: string, token: string): void {
    const secret = this.secret(secretId);
    const version = { id: token, labels: new Set<string>(), createdAt: this.clock.now() };
    secret.versions.set(token, version);
    this.attach(secret, 'AWSPENDING', version);
    this.changed(secret);
  }

  moveLabel(secretId: string, label: string, from: string | undefined, to: string | undefined): void {
    const secret = this.secret(secretId);
    const holder = secret.find(label)?.id;
    if (holder !== from) {
      throw new AwsError(
        400,
        'InvalidParameterException',
        `The parameter RemoveFromVersionId must be the version that has ${label}: ${holder ?? 'none'}, not ` +
          `${from ?? 'none'}.`,
      );
    }
    if (label === 'AWSCURRENT' && !to) {
      throw new AwsError(
        400,
        'InvalidParameterException',
        'You can only move staging label AWSCURRENT to a different secret version.',
      );
    }
    const version = to === undefined ? undefined : secret.versions.get(to);
    if (to !== undefined && !version) {
      throw new AwsError(
        400,
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret version: ${to}.`,
      );
    }
    if (version) this.attach(secret, label, version);
    else secret.find(label)!.labels.delete(label);
    this.changed(secret);
  }

  tag(secretId: string, tags: Record<string, string>): void {
    const secret = this.secret(secretId);
    const wrong = Object.entries(tags)
      .flat()
      .find((text) => !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(text));
    if (wrong !== undefined) throw new AwsError(400, 'InvalidParameterException', `'${wrong}' cannot be in a tag`);
    Object.entries(tags).forEach(([key, value]) => secret.tags.set(key, value));
    this.changed(secret);
  }

  untag(secretId: string, keys: string[]): void {
    const secret = this.secret(secretId);
    keys.forEach((key) => secret.tags.delete(key));
    this.changed(secret);
  }

  /** As `DescribeSecret` shows it. */
  describe(secretId: string): SecretDescription {
    const secret = this.secret(secretId);
    return this.descriptions.get(secret.arn)!.effective ?? { versions: {}, tags: {} };
  }

  deleteSecret(secretId: string): void {
    this.secrets.delete(this.secret(secretId).arn);
  }

  secret(secretId: string): Secret {
    const secret = this.find(secretId);
    if (!secret) {
      throw new AwsError(400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return secret;
  }

  /** All secrets, as a check that nothing is left. */
  get all(): Secret[] {
    return [...this.secrets.values()];
  }

  /** The ARN that a policy must allow for this id, whether or not the secret exists. */
  resourceArn(secretId: string): string {
    const arn = `arn:aws:secretsmanager:${this.region}:${this.accountId}:secret:${secretId}-AAAAAA`;
    return this.find(secretId)?.arn ?? (secretId.startsWith('arn:') ? secretId : arn);
  }

  private attach(secret: Secret, label: string, version: SecretVersion): void {
    const former = secret.find(label);
    if (former === version) return;
    former?.labels.delete(label);
    version.labels.add(label);
    if (label !== 'AWSCURRENT') return;
    if (this.removesPending) version.labels.delete('AWSPENDING');
    if (former) this.attach(secret, 'AWSPREVIOUS', former);
  }

  private changed(secret: Secret): void {
    this.descriptions.get(secret.arn)!.set(describe(secret));
  }

  /** By name, ARN or ARN without its suffix, as AWS finds them. */
  private find(secretId: string): Secret | undefined {
    return (
      this.secrets.get(secretId) ??
      [...this.secrets.values()].find(({ name, arn }) => name === secretId || arn.slice(0, -7) === secretId)
    );
  }
}

/** Versions without a label are deprecated, and not shown. */
function describe({ versions, tags }: Secret): SecretDescription {
  const labelled = [...versions.values()].filter(({ labels }) => labels.size > 0);
  return {
    versions: Object.fromEntries(labelled.map(({ id, labels }) => [id, [...labels]])),
    tags: Object.fromEntries(tags),
  };
}
