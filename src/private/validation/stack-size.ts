import * as fs from 'node:fs';
import * as path from 'node:path';
import { CfnResource, ISynthesisSession, Stack } from 'aws-cdk-lib';
import { addValidation, createProblem, Problem, throwProblems } from './problems';

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_RESOURCES = 500;
const MAX_BYTES = 1_000_000;

/** A stack as the CDK writes it. */
interface WrittenStack {
  _synthesizeTemplate(session: ISynthesisSession, ...more: unknown[]): void;
}

const CHECKED = new WeakSet<Stack>();

/** Checks once for each stack with integrations that CloudFormation accepts its template. */
export function addStackSizeValidation(stack: Stack): void {
  if (CHECKED.has(stack)) {
    return;
  }
  CHECKED.add(stack);
  addValidation(stack, () => validateResourceCount(stack));
  validateWhenWritten(stack);
}

function validateResourceCount(stack: Stack): Problem[] {
  const resources = stack.node.findAll().filter((child) => CfnResource.isCfnResource(child) && child.stack === stack);
  const count = resources.length;
  return count > MAX_RESOURCES
    ? [createProblem('STACK_WITH_TOO_MANY_RESOURCES', { stack: stack.node.path, count, max: MAX_RESOURCES })]
    : [];
}

/**
 * Checks the file that the CDK writes, because the CLI uploads it as it is. Rendering the template for the check would
 * take as long as the whole synthesis.
 */
function validateWhenWritten(stack: Stack): void {
  const written = stack as unknown as WrittenStack;
  const write = written._synthesizeTemplate.bind(stack);
  written._synthesizeTemplate = (session, ...more) => {
    write(session, ...more);
    throwProblems(stack, validateTemplateSize(stack, path.join(session.assembly.outdir, stack.templateFile)));
  };
}

function validateTemplateSize(stack: Stack, file: string): Problem[] {
  const bytes = fs.statSync(file).size;
  return bytes > MAX_BYTES
    ? [createProblem('STACK_TEMPLATE_TOO_LARGE', { stack: stack.node.path, bytes, max: MAX_BYTES })]
    : [];
}
