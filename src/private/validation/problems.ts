import { Annotations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { SYNTH_MESSAGES } from './messages';
import { CodedMessage, MessageValues, renderMessage } from '../../handler/coded-message';
import { containsDummy } from '../tokens';

/** How a value that is not known at synth is represented in a text. */
const TOKEN = /\$\{Token\[[^\]]*\]\}/g;

/** Code of an error or warning at synth. */
export type SynthCode = keyof typeof SYNTH_MESSAGES;

/** The values of a message's placeholders. A message without placeholders takes none. */
type Values<C extends SynthCode> = keyof MessageValues<(typeof SYNTH_MESSAGES)[C]> extends never
  ? []
  : [MessageValues<(typeof SYNTH_MESSAGES)[C]>];

/** Something that the user must change before the app can be synthesized. */
export interface Problem {
  readonly code: SynthCode;
  readonly message: string;
}

/** Creates the problem with this code. */
export function createProblem<C extends SynthCode>(code: C, ...[values]: Values<C>): Problem {
  return { code, message: renderProblem(code, values) };
}

/** Reports problems at the end of the synthesis, together with those of other constructs. */
export function addValidation(scope: IConstruct, validate: () => Problem[]): void {
  scope.node.addValidation({ validate: () => listMessages(validate()) });
}

/** Throws an error if there is a problem. */
export function throwProblems(scope: IConstruct, problems: Problem[]): void {
  const messages = listMessages(problems);
  if (messages.length > 0) {
    throw new Error(`[${scope.node.path}] ${messages.join('\n')}`);
  }
}

/** A value that is not looked up yet is no problem. */
function listMessages(problems: Problem[]): string[] {
  return problems.map(({ message }) => message).filter((message) => !containsDummy(message));
}

/** Adds a warning that users can acknowledge, such as `cdk-immuta-s3-integration:overlapping-locations`. */
export function addWarning<C extends SynthCode>(scope: IConstruct, code: C, ...[values]: Values<C>): void {
  const id = code.toLowerCase().replaceAll('_', '-');
  Annotations.of(scope).addWarningV2(`cdk-immuta-s3-integration:${id}`, renderProblem(code, values));
}

function renderProblem(code: SynthCode, values: Readonly<Record<string, string | number>> = {}): string {
  const message: CodedMessage = SYNTH_MESSAGES[code];
  const known = Object.entries(values).map(([name, value]) => [name, String(value).replace(TOKEN, '<token>')]);
  return renderMessage(code, message, Object.fromEntries(known));
}
