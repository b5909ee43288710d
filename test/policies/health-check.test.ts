import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ACCOUNT, TARGETS } from './resolve-template';
import { TemplatePolicies } from './simulator';
import { expectRows } from './table';
import { newIntegration, newTenant } from '../fixture';

const STRANGER = '999999999999';

describe.each(TARGETS)('EventBridge Scheduler in $partition', (target) => {
  const { partition, region } = target;
  const scheduler = () => {
    const stack = new Stack(new App(), 'lake');
    const tenant = newTenant(stack);
    newIntegration(stack, 'Lake', { tenant });
    tenant.addHealthCheck();
    const role = tenant.node.findChild('HealthCheck').node.findChild('Role') as iam.Role;
    const roleId = stack.getLogicalId(role.node.defaultChild as iam.CfnRole);
    const names = { [stack.getLogicalId(tenant.handler.node.defaultChild as never)]: 'handler', [roleId]: 'scheduler' };
    const policies = new TemplatePolicies(Template.fromStack(stack).toJSON(), target, names);
    return { principal: policies.role(roleId), trust: policies.trustOf(roleId) };
  };
  const functionArn = (name: string) => `arn:${partition}:lambda:${region}:${ACCOUNT}:function:${name}`;

  describe('invokes the function and nothing else', () => {
    expectRows(() => ({ principal: scheduler().principal }), [
      ['allowed', 'lambda:InvokeFunction', functionArn('handler')],
      ['denied', 'lambda:InvokeFunction', functionArn('other')],
      ['denied', 'lambda:UpdateFunctionCode', functionArn('handler')],
      ['denied', 'secretsmanager:GetSecretValue', `arn:${partition}:secretsmanager:${region}:${ACCOUNT}:secret:any`],
    ]);
  });

  describe('assumes its role for the account of the stack', () => {
    const roleArn = `arn:${partition}:iam::${ACCOUNT}:role/scheduler`;
    const asService = (service: string) => ({
      principal: { arn: service, identityPolicies: [] }, resourcePolicy: scheduler().trust,
    });
    expectRows(() => asService('scheduler.amazonaws.com'), [
      ['allowed', 'sts:AssumeRole', roleArn, { 'aws:SourceAccount': ACCOUNT }],
      ['denied', 'sts:AssumeRole', roleArn, { 'aws:SourceAccount': STRANGER }],
      ['denied', 'sts:AssumeRole', roleArn],
    ]);
    expectRows(() => asService('lambda.amazonaws.com'), [
      ['denied', 'sts:AssumeRole', roleArn, { 'aws:SourceAccount': ACCOUNT }],
    ]);
  });
});
