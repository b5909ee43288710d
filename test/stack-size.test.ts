import { CfnResource, NestedStack, Stack } from 'aws-cdk-lib';
import { ENV, newIntegration, newStack, newTenant, listResources, synthError } from './fixture';

/** A stack with an integration, and as many resources as the test needs. */
function newStackWith(resources: number, bytesOfEach = 0): Stack {
  const stack = newStack();
  newIntegration(stack, 'Sales', { tenant: newTenant(stack) });
  const others = resources - Object.keys(listResources(stack)).length;
  for (let i = 0; i < others; i += 1) {
    new CfnResource(stack, `Other${i}`, { type: 'Acme::Lake::Other', properties: { Text: 'x'.repeat(bytesOfEach) } });
  }
  return stack;
}

test('accepts a stack with 500 resources', () => {
  expect(synthError(newStackWith(500))).toBe('');
});

test('does not count the resources of a nested stack', () => {
  const stack = newStackWith(499);
  const nested = new NestedStack(stack, 'Nested');
  Array.from({ length: 10 }, (_, i) => new CfnResource(nested, `Other${i}`, { type: 'Acme::Lake::Other' }));
  expect(synthError(stack)).toBe('');
});

test('reports a stack with too many resources once', () => {
  const stack = newStackWith(501);
  newIntegration(stack, 'Ads', { tenant: newTenant(stack, 'Tenant') });
  expect(synthError(stack).match(/STACK_WITH_TOO_MANY_RESOURCES/g)).toHaveLength(1);
});

test('fails with how to split the stack when it has more than 500 resources', () => {
  expect(synthError(newStackWith(501))).toContain(
    "stack 'Stack' has 501 resources, and CloudFormation allows 500. Define some of the integrations in another stack. "
    + "It can use the same 'tenant', and the same instance with 'AccessGrantsInstance.fromDefault(this, …)'. "
    + '[STACK_WITH_TOO_MANY_RESOURCES]',
  );
});

test('fails with how to split the stack when its template has more than 1 MB', () => {
  expect(synthError(newStackWith(300, 2_000))).toBe('');
  expect(synthError(newStackWith(300, 3_500))).toMatch(
    new RegExp(
      String.raw`the template of stack 'Stack' has 1\d{6} bytes, and CloudFormation allows 1000000\. .* ` +
        String.raw`\[STACK_TEMPLATE_TOO_LARGE\]`,
    ),
  );
});

test('measures the template as the CDK writes it', () => {
  const stack = newStack({ env: ENV, suppressTemplateIndentation: true });
  newIntegration(stack, 'Sales', { tenant: newTenant(stack) });
  // 300,000 numbers have a line of several characters each with an indentation, and two characters without
  const properties = { Numbers: Array.from({ length: 300_000 }, () => 1) };
  Array.from({ length: 250 }, (_, i) => new CfnResource(stack, `Other${i}`, { type: 'Acme::Lake::Other' }));
  new CfnResource(stack, 'Numbers', { type: 'Acme::Lake::Other', properties });
  expect(synthError(stack)).toBe('');
});
