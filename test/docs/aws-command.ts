import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as iam from '@aws-sdk/client-iam';
import * as s3control from '@aws-sdk/client-s3-control';
import * as secretsmanager from '@aws-sdk/client-secrets-manager';
import * as sts from '@aws-sdk/nested-clients/sts'; // eslint-disable-line import/no-extraneous-dependencies

const SERVICES: Record<string, Record<string, any>> = { cloudformation, iam, s3control, secretsmanager, sts };

/** A call that a command line of the `aws` CLI makes. */
export interface AwsCall {
  readonly service: string;
  /** Such as `RotateSecret`. */
  readonly operation: string;
  readonly input: Record<string, string>;
}

/**
 * Reads a command line as strictly as the CLI: the service, the operation and each option must be those of the SDK.
 *
 * @param folder what `file://` is relative to, or `undefined` to leave files unread
 */
export function parseAwsCommand(text: string, folder?: string): AwsCall {
  const [program, service, verb, ...rest] = splitWords(text);
  const client = SERVICES[service];
  const operation = verb?.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join('') ?? '';
  if (program !== 'aws' || !client?.[`${operation}Command`]) throw new Error(`'${text}' is no command of AWS`);
  const members = inputMembers(client, operation);
  const input: Record<string, string> = {};
  for (let index = 0; index < rest.length; index += 2) {
    const [option, value] = rest.slice(index, index + 2);
    const member = members.find((name) => `--${optionName(name)}` === option);
    if (!member) throw new Error(`'aws ${service} ${verb}' has no option '${option}'`);
    if (value === undefined || value.startsWith('--')) throw new Error(`'${option}' of '${text}' has no value`);
    const file = folder && /^file:\/\/(.*)/.exec(value)?.[1];
    input[member] = file ? readFileSync(path.join(folder, file), 'utf8') : value;
  }
  return { service, operation, input };
}

/** Makes the call with the SDK. */
export async function sendAwsCall({ service, operation, input }: AwsCall, config: object): Promise<any> {
  const client = SERVICES[service];
  const [, Client] = Object.entries(client).find(([name]) => /^[A-Z]\w+Client$/.test(name))!;
  const { $metadata, ...output } = await new Client(config).send(new client[`${operation}Command`](input));
  return output;
}

/** The names of the members of an operation's input, from the schema that the SDK serializes it with. */
function inputMembers(client: Record<string, any>, operation: string): string[] {
  const [, , , , input] = new client[`${operation}Command`]({}).schema;
  return (typeof input === 'function' ? input() : input)[4];
}

/** `IAMRoleArn` is the option `--iam-role-arn`, as botocore writes it. */
function optionName(member: string): string {
  return member
    .replace(/(.)([A-Z][a-z]+)/g, '$1-$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase();
}

/** As a shell does, for the quotes that the pages use. */
export function splitWords(text: string): string[] {
  return [...text.matchAll(/(?:'[^']*'|"[^"]*"|<[^>]*>|[^\s'"<])+/g)].map(([word]) => word.replace(/['"]/g, ''));
}
