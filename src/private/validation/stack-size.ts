import { CfnResource, Stack } from 'aws-cdk-lib';
import { addValidation, createProblem, Problem } from './problems';

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_RESOURCES = 500;
const MAX_BYTES = 1_000_000;

/** A smaller stack of integrations has no template of 1 MB. Rendering each template twice takes time. */
const MEASURED_RESOURCES = 200;

/** A stack as the CDK renders it. */
interface RenderedStack {
  readonly _suppressTemplateIndentation: boolean;
  _toCloudFormation(): object;
}

const CHECKED = new WeakSet<Stack>();

/** Checks once for each stack with integrations that CloudFormation accepts its template. */
export function addStackSizeValidation(stack: Stack): void {
  if (CHECKED.has(stack)) {
    return;
  }
  CHECKED.add(stack);
  addValidation(stack, () => validateStackSize(stack));
}

function validateStackSize(stack: Stack): Problem[] {
  const count = countResources(stack);
  if (count > MAX_RESOURCES) {
    return [createProblem('STACK_WITH_TOO_MANY_RESOURCES', { stack: stack.node.path, count, max: MAX_RESOURCES })];
  }
  const bytes = count > MEASURED_RESOURCES ? measureTemplate(stack) : 0;
  return bytes > MAX_BYTES
    ? [createProblem('STACK_TEMPLATE_TOO_LARGE', { stack: stack.node.path, bytes, max: MAX_BYTES })]
    : [];
}

function countResources(stack: Stack): number {
  return stack.node.findAll().filter((child) => CfnResource.isCfnResource(child) && child.stack === stack).length;
}

/** The CLI uploads the file that the CDK writes, with its indentation. */
function measureTemplate(stack: Stack): number {
  const rendered = stack as unknown as RenderedStack;
  const template = stack.resolve(rendered._toCloudFormation());
  return Buffer.byteLength(JSON.stringify(template, undefined, rendered._suppressTemplateIndentation ? undefined : 1));
}
