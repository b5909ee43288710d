/**
 * What one asynchronous custom resource costs at synth: a function that speaks CloudFormation's protocol itself,
 * against the Provider framework of aws-cdk-lib. Prints the table of docs/adr/0001. Run it with `npx tsx
 * benchmarks/direct-custom-resource.ts`.
 */
import { performance } from 'node:perf_hooks';
import { App, Aspects, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as cr from 'aws-cdk-lib/custom-resources';
import { AwsSolutionsChecks } from 'cdk-nag-2';

const RUNS = 7;
const NODE_24 = new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS, { supportsInlineCode: true });

function handler(stack: Stack, id: string): lambda.Function {
  return new lambda.Function(stack, id, {
    code: lambda.Code.fromInline('exports.handler = async () => ({});'),
    handler: 'index.handler',
    runtime: NODE_24,
  });
}

const variants: Record<string, (stack: Stack) => void> = {
  'bare function': (stack) => {
    handler(stack, 'Handler');
  },
  'direct custom resource': (stack) => {
    const fn = handler(stack, 'Handler');
    new CustomResource(stack, 'Resource', { serviceToken: fn.functionArn, serviceTimeout: Duration.minutes(30) });
  },
  'Provider, onEvent': (stack) => {
    const provider = new cr.Provider(stack, 'Provider', { onEventHandler: handler(stack, 'Handler') });
    new CustomResource(stack, 'Resource', { serviceToken: provider.serviceToken });
  },
  'Provider, isComplete': (stack) => {
    const provider = new cr.Provider(stack, 'Provider', {
      onEventHandler: handler(stack, 'Handler'),
      isCompleteHandler: handler(stack, 'IsComplete'),
    });
    new CustomResource(stack, 'Resource', { serviceToken: provider.serviceToken });
  },
};

function measure(define: (stack: Stack) => void) {
  const started = performance.now();
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Stack');
  define(stack);
  const template = app.synth().getStackByName('Stack').template;
  return {
    resources: Object.keys(template.Resources).length,
    bytes: JSON.stringify(template).length,
    ms: performance.now() - started,
  };
}

/** The errors of cdk-nag's AwsSolutions pack. */
function findings(define: (stack: Stack) => void): number {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  define(stack);
  Aspects.of(stack).add(new AwsSolutionsChecks());
  return Annotations.fromStack(stack).findError('*', Match.anyValue()).length;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const measured = Object.entries(variants).map(([name, define]) => {
  const runs = Array.from({ length: RUNS }, () => measure(define));
  // The first run loads the modules.
  return { name, findings: findings(define), ...runs[0], ms: median(runs.slice(1).map((run) => run.ms)) };
});

const base = measured[0].ms;
console.log(
  '| variant | resources | template bytes | cdk-nag errors | synth time against a bare function |\n' +
    '| --- | --- | --- | --- | --- |',
);
for (const { name, resources, bytes, findings: found, ms } of measured) {
  console.log(`| ${name} | ${resources} | ${bytes} | ${found} | ${(ms / base).toFixed(1)} |`);
}
