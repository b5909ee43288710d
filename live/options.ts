import { parseArgs } from 'node:util';

/** What the experiments run with. */
export interface Options {
  /** URL of the Immuta tenant. */
  readonly url: string;
  /** Name of the secret with the API key, in Secrets Manager. */
  readonly secret: string;
  /** The field of the secret that holds the API key. @default - the whole value */
  readonly secretField?: string;
  /** Name of a bucket in the account and Region. Nothing in it is read or written. */
  readonly bucket: string;
  /** ARN of the principal that Immuta runs as. */
  readonly principal: string;
  /** The external ID that Immuta sends. @default - none */
  readonly externalId?: string;
  /** ARN of an IAM Identity Center instance. @default - the experiments about it are skipped */
  readonly identityCenter?: string;
  /** ID of a group in Identity Center. @default - the experiment about its grants is skipped */
  readonly directoryGroup?: string;
  /** IDs of the experiments to run. @default - all */
  readonly only?: readonly string[];
}

/** What the command line asks for. */
export interface Command {
  readonly options: Options;
  /** Whether questions are answered with yes. */
  readonly yes: boolean;
}

export const USAGE = `npm run live -- --url https://<tenant> --secret <name> --bucket <name> --principal <ARN>
  --secret-field <field>      field of the secret that holds the API key
  --external-id <ID>          external ID that Immuta sends
  --identity-center <ARN>     Identity Center instance, for the experiments about it
  --directory-group <ID>      group there, for the experiment about its grants
  --only <ID>,<ID>            these experiments only
  --yes                       asks nothing
npm run live -- --apply live-report.json
  sets the switches of the stand-ins to what a report saw`;

/** Returns the API key in the value of a secret. @throws Error without the value: that of `JSON.parse` quotes it */
export function findApiKey(value: string | undefined, { secret, secretField }: Options): string {
  const key = secretField === undefined ? value : parseFields(value)?.[secretField];
  if (!key) throw new Error(`the secret '${secret}' has no API key`);
  return key;
}

function parseFields(json: string | undefined): Record<string, string> | undefined {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}

/** @throws Error if an option is missing or unknown */
export function parseCommand(args: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'url': { type: 'string' },
      'secret': { type: 'string' },
      'secret-field': { type: 'string' },
      'bucket': { type: 'string' },
      'principal': { type: 'string' },
      'external-id': { type: 'string' },
      'identity-center': { type: 'string' },
      'directory-group': { type: 'string' },
      'only': { type: 'string' },
      'yes': { type: 'boolean', default: false },
    },
  });
  const require = (name: 'url' | 'secret' | 'bucket' | 'principal') => {
    const value = values[name];
    if (!value) throw new Error(`'--${name}' is missing.\n\n${USAGE}`);
    return value;
  };
  if (require('secret').startsWith('arn:')) throw new Error("'--secret' must be a name, got an ARN");
  if (!require('principal').startsWith('arn:')) {
    throw new Error(`'--principal' must be an ARN, got '${values.principal}'`);
  }
  return {
    yes: values.yes,
    options: {
      url: require('url').replace(/\/+$/, ''),
      secret: require('secret'),
      secretField: values['secret-field'],
      bucket: require('bucket'),
      principal: require('principal'),
      externalId: values['external-id'],
      identityCenter: values['identity-center'],
      directoryGroup: values['directory-group'],
      only: values.only?.split(','),
    },
  };
}
