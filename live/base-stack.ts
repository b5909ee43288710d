import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AccessGrantsInstance } from '../src';
import type { Context } from './context';
import type { StackState } from './stacks';

export const BASE = 'Base';

/** Roles for integrations. Two of each, for what an edit changes. */
export interface Base {
  readonly locationRole: string;
  readonly otherLocationRole: string;
  readonly immutaRole: string;
  readonly otherImmutaRole: string;
}

/**
 * Defines the instance and roles without the conditions of the library, so that the other experiments do not depend on
 * what the experiments about conditions find.
 */
export function defineBase(stack: Stack, context: Context): void {
  if (!context.hasInstance) new AccessGrantsInstance(stack, 'Instance');
  const bucketArn = formatBucketArn(stack, context);

  const locationRoles = ['LocationRole', 'OtherLocationRole'].map((id) =>
    defineLocationRole(stack, id, ['sts:AssumeRole', 'sts:SetSourceIdentity'], [
      allow(['s3:ListBucket'], [bucketArn]),
      allow(['s3:GetObject'], [`${bucketArn}/live-*`]),
    ]));
  const { externalId } = context.options;
  const conditions = externalId === undefined ? {} : { StringEquals: { 'sts:ExternalId': externalId } };
  const locationRoleArns = locationRoles.map(({ roleArn }) => roleArn);
  for (const id of ['ImmutaRole', 'OtherImmutaRole']) {
    defineImmutaRole(stack, id, context, { locationRoleArns, conditions });
  }
}

/** Defines a role that Immuta may assume, and an output with its ARN. */
export function defineImmutaRole(
  stack: Stack,
  id: string,
  context: Context,
  { locationRoleArns, conditions }: { readonly locationRoleArns: string[]; readonly conditions: iam.Conditions },
): void {
  const instanceArn = stack.formatArn({ service: 's3', resource: 'access-grants', resourceName: 'default' });
  const role = new iam.Role(stack, id, {
    assumedBy: new iam.ArnPrincipal(context.options.principal).withConditions(conditions),
    inlinePolicies: {
      S3AccessGrants: new iam.PolicyDocument({
        statements: [
          allow(['s3:*AccessGrant*'], [instanceArn, `${instanceArn}/*`]),
          allow(['s3:ListAccessGrantsInstances'], ['*']),
          allow(['iam:GetRole', 'iam:PassRole'], locationRoleArns),
          allow(['s3:ListBucket'], [formatBucketArn(stack, context)]),
        ],
      }),
    },
  });
  new CfnOutput(stack, `${id}Arn`, { value: role.roleArn });
}

function allow(actions: string[], resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions, resources });
}

function formatBucketArn(stack: Stack, { options }: Context): string {
  return stack.formatArn({ service: 's3', region: '', account: '', resource: options.bucket });
}

/** Defines a role that S3 Access Grants may assume, and an output with its ARN. */
export function defineLocationRole(
  stack: Stack,
  id: string,
  trustedActions: readonly string[],
  statements: iam.PolicyStatement[] = [],
  conditions?: iam.Conditions,
): iam.Role {
  const principal = new iam.ServicePrincipal('access-grants.s3.amazonaws.com');
  const role = new iam.Role(stack, id, {
    assumedBy: conditions ? principal.withConditions(conditions) : principal,
    inlinePolicies: statements.length > 0 ? { Data: new iam.PolicyDocument({ statements }) } : undefined,
  });
  const [, ...others] = trustedActions;
  if (others.length > 0) {
    role.assumeRolePolicy!.addStatements(
      new iam.PolicyStatement({ actions: others, principals: [principal], conditions }),
    );
  }
  new CfnOutput(stack, `${id}Arn`, { value: role.roleArn });
  return role;
}

/** @throws Error if the stack was not created */
export function readBase({ status, reason, outputs }: StackState): Base {
  if (status !== 'CREATE_COMPLETE') {
    throw new Error(`cannot deploy the roles of the experiments: ${status}: ${reason}`);
  }
  return {
    locationRole: outputs.LocationRoleArn,
    otherLocationRole: outputs.OtherLocationRoleArn,
    immutaRole: outputs.ImmutaRoleArn,
    otherImmutaRole: outputs.OtherImmutaRoleArn,
  };
}
