import { HandlerSandbox } from './handler-sandbox';
import { rotate } from '../../../src/handler/integration/rotation';

export const USER = 'immuta-user';

/** Creates a user that may do everything, and a secret for its keys. Returns the properties that name them. */
export function prepareManagedKey({ aws: { iam, secrets } }: HandlerSandbox): Record<string, string | undefined> {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  iam.createUser({ userName: USER });
  iam.putUserPolicy(USER, 'all', document);
  return {
    AuthenticationType: 'accessKey',
    RoleToAssumeArn: undefined,
    AccessKeySecretArn: secrets.createSecret('immuta/managed', '{}').arn,
    AccessKeyUserName: USER,
  };
}

/** What the secret of managed keys says: the key of the version that has each label, and the tags. */
export interface KeySecretState {
  readonly current?: string;
  readonly pending?: string;
  /** Keys that a label names, sorted. */
  readonly named: string[];
  /** Tags without what differs from run to run. */
  readonly tags: Record<string, string>;
}

/** Returns the state of the secret. A version without a key is `no key`, one without a value `no value`. */
export function readKeySecret({ aws }: HandlerSandbox, secretArn: string): KeySecretState {
  const secret = aws.secrets.secret(secretArn);
  const keyOf = (label: string): string | undefined => {
    const version = secret.find(label);
    if (!version) return undefined;
    return version.value === undefined ? 'no value' : (JSON.parse(String(version.value)).accessKeyId ?? 'no key');
  };
  const labels = [...secret.versions.values()].flatMap((version) => [...version.labels]);
  return {
    current: keyOf('AWSCURRENT'),
    pending: keyOf('AWSPENDING'),
    named: labels.filter((label) => label.startsWith('access-key-')).map((label) => label.slice(11)).sort(),
    tags: Object.fromEntries([...secret.tags].map(([key, value]) => [key.replace(/creating-.*/, 'creating'), value])),
  };
}

/** Carries out one step of a rotation, as Secrets Manager invokes the function. */
export async function rotateStep(
  { environment, clock, log }: HandlerSandbox,
  event: { readonly Step: string; readonly SecretId: string; readonly ClientRequestToken: string },
): Promise<void> {
  const endsAt = clock.now() + 900_000;
  const context = {
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
    getRemainingTimeInMillis: () => endsAt - clock.now(),
  };
  await rotate(event, context, { environment, clock, writeLog: (line) => log.push(line) });
}
