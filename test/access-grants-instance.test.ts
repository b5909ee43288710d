import { App, NestedStack, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { comparable, ENV, INSTANCE, INTEGRATION, newIntegration, newStack, newTenant, onlyOf, resourcesOf, synthError } from './fixture';
import { AccessGrantsInstance } from '../src';

const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1111222233334444';

describe('new', () => {
  test('default configuration', () => {
    const stack = newStack();
    const instance = new AccessGrantsInstance(stack, 'Instance');

    expect(resourcesOf(stack)).toEqual({
      S3AccessGrantsInstance: { Type: INSTANCE, DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' },
    });
    expect(instance.accessGrantsInstanceId).toBe('default');
    expect(stack.resolve(instance.accessGrantsInstanceArn)).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:us-east-1:111122223333:access-grants/default']],
    });
  });

  test('with Identity Center it is retained, but not by a first deployment that fails', () => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: IDENTITY_CENTER });
    Template.fromStack(stack).hasResource(INSTANCE, {
      Properties: { IdentityCenterArn: IDENTITY_CENTER },
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test.each([
    [RemovalPolicy.DESTROY, 'Delete'],
    [RemovalPolicy.RETAIN, 'RetainExceptOnCreate'],
    [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate'],
  ])('the removal policy %s given', (removalPolicy, expected) => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: IDENTITY_CENTER, removalPolicy });
    Template.fromStack(stack).hasResource(INSTANCE, { DeletionPolicy: expected });
  });

  test('has no tags, whose change would replace it', () => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'Instance');
    Tags.of(stack.node.root).add('owner', 'data');
    expect(onlyOf(stack, INSTANCE).Properties).toEqual({});
  });
});

describe('imports', () => {
  test('by ARN', () => {
    const stack = newStack();
    const instance = AccessGrantsInstance.fromAccessGrantsInstanceArn(stack, 'Instance', 'arn:aws:s3:eu-west-1:444455556666:access-grants/default');
    expect(instance.accessGrantsInstanceArn).toBe('arn:aws:s3:eu-west-1:444455556666:access-grants/default');
    expect(instance.accessGrantsInstanceId).toBe('default');
  });

  test.each(['default', 'arn:aws:s3:::acme-sales', 'arn:aws:s3:eu-west-1:444455556666:access-grants/default/location/1'])('fails for %s', (arn) => {
    expect(() => AccessGrantsInstance.fromAccessGrantsInstanceArn(newStack(), 'Instance', arn))
      .toThrow(`'accessGrantsInstanceArn' must look like arn:aws:s3:us-east-1:111122223333:access-grants/default, got "${arn}". Copy the ARN from 'aws s3control list-access-grants-instances'. [INSTANCE_ARN_INVALID]`);
  });

  test('of the stack\'s account and Region, also if those are not known', () => {
    const stack = newStack({});
    const instance = AccessGrantsInstance.fromDefault(stack, 'Instance');
    expect(stack.resolve(instance.accessGrantsInstanceArn)).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':access-grants/default']],
    });
    expect(instance.accessGrantsInstanceId).toBe('default');
  });

  test('define nothing', () => {
    const stack = newStack();
    newIntegration(stack, 'Lake', { accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance') });
    Template.fromStack(stack).resourceCountIs(INSTANCE, 0);
  });
});

test('grantDataAccess', () => {
  const stack = newStack();
  const reader = new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
  AccessGrantsInstance.fromAccessGrantsInstanceArn(stack, 'Instance', 'arn:aws:s3:us-east-1:111122223333:access-grants/default')
    .grantDataAccess(reader).assertSuccess();
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [{
        Action: ['s3:GetAccessGrantsInstanceForPrefix', 's3:GetDataAccess', 's3:ListCallerAccessGrants'],
        Effect: 'Allow',
        Resource: 'arn:aws:s3:us-east-1:111122223333:access-grants/default',
      }],
    },
  });
});

describe('the default instance', () => {
  test('is made by the first integration and found by the next', () => {
    const stack = newStack();
    const tenant = newTenant(stack);
    newIntegration(stack, 'One', { tenant });
    newIntegration(stack, 'Two', { tenant });
    onlyOf(stack, INSTANCE);
    for (const integration of Object.values(resourcesOf(stack)).filter(({ Type }) => Type === INTEGRATION)) {
      expect(integration.DependsOn).toContain('S3AccessGrantsInstance');
    }
  });

  test('stays when one of several integrations goes', () => {
    const template = (ids: string[]) => {
      const stack = newStack();
      const tenant = newTenant(stack);
      ids.forEach((id) => newIntegration(stack, id, { tenant }));
      return onlyOf(stack, INSTANCE);
    };
    expect(template(['Two'])).toEqual(template(['One', 'Two']));
  });

  test.each([
    ['before', 'Aaa'], ['before', 'Zzz'], ['after', 'Aaa'], ['after', 'Zzz'],
  ])('an explicit one %s the integration changes nothing in the template, as %s', (order, id) => {
    // as the CLI synthesizes: paths are in the template
    const synthesize = (explicit: boolean) => {
      const stack = newStack(undefined, new App({ context: { 'aws:cdk:enable-path-metadata': true } }));
      const define = [() => newIntegration(stack, 'Lake'), ...explicit ? [() => new AccessGrantsInstance(stack, id)] : []];
      (order === 'before' ? define.reverse() : define).forEach((construct) => construct());
      const { Resources, ...rest } = Template.fromStack(stack).toJSON();
      return { ...rest, Resources: comparable(Resources) };
    };
    expect(synthesize(true)).toEqual(synthesize(false));
  });

  test('an explicit one of a retained integration changes nothing either', () => {
    const synthesize = (explicit: boolean) => {
      const stack = newStack();
      newIntegration(stack, 'Lake', { removalPolicy: RemovalPolicy.RETAIN });
      if (explicit) {
        new AccessGrantsInstance(stack, 'Explicit');
      }
      return Template.fromStack(stack).toJSON();
    };
    expect(synthesize(true)).toEqual(synthesize(false));
    expect(synthesize(true).Resources.S3AccessGrantsInstance.DeletionPolicy).toBe('RetainExceptOnCreate');
  });

  test('belongs to the outermost stack, which nested stacks share', () => {
    const stack = newStack();
    const nested = [1, 2].map((n) => new NestedStack(stack, `Nested${n}`));
    const tenant = newTenant(stack);
    nested.forEach((one) => newIntegration(one, `Lake${one.node.id}`, { tenant }));

    onlyOf(stack, INSTANCE);
    for (const one of nested) {
      Template.fromStack(one).resourceCountIs(INSTANCE, 0);
    }
    const stacks = Object.values(resourcesOf(stack)).filter(({ Type }) => Type === 'AWS::CloudFormation::Stack');
    expect(stacks.map(({ DependsOn }) => DependsOn)).toEqual([
      expect.arrayContaining(['S3AccessGrantsInstance']), expect.arrayContaining(['S3AccessGrantsInstance']),
    ]);
  });
});

describe('of which there is one', () => {
  const twoStacks = (one: object, other: object, define = (stack: Stack) => { new AccessGrantsInstance(stack, 'Instance'); }) => {
    const app = new App();
    const stacks = [newStack(one, app, 'One'), newStack(other, app, 'Two')];
    stacks.forEach(define);
    return stacks;
  };

  test('fails if two stacks of the same account and Region define it, once, and says how to import', () => {
    const [stack] = twoStacks({ env: ENV }, { env: ENV });
    const error = synthError(stack);
    expect(error).toContain('stack \'Two\' and stack \'One\' both define the S3 Access Grants instance');
    expect(error).toContain('(\'One/Instance\' and \'Two/Instance\'). Keep one. Pass it, or \'AccessGrantsInstance.fromDefault(this, …)\', '
      + 'as \'accessGrantsInstance\' elsewhere. [INSTANCE_DEFINED_TWICE]');
    expect(error.match(/both define/g)).toHaveLength(1);
  });

  test('fails if integrations of two such stacks define it', () => {
    const [stack] = twoStacks({ env: ENV }, { env: ENV }, (one) => { newIntegration(one, `Lake${one.node.id}`); });
    expect(synthError(stack)).toContain('both define the S3 Access Grants instance');
  });

  test('fails if one stack defines it twice', () => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'One');
    new AccessGrantsInstance(stack, 'Two');
    expect(synthError(stack)).toContain('both define the S3 Access Grants instance');
  });

  test.each([
    ['account', { ...ENV, account: '444455556666' }],
    ['Region', { ...ENV, region: 'eu-west-1' }],
  ])('takes one in another %s', (_, env) => {
    const [stack, other] = twoStacks({ env: ENV }, { env });
    expect(synthError(stack)).toBe('');
    Annotations.fromStack(other).hasNoWarning('*', Match.anyValue());
  });

  test('takes an import in the other stack', () => {
    const [stack, other] = twoStacks({ env: ENV }, { env: ENV }, () => undefined);
    const accessGrantsInstance = new AccessGrantsInstance(stack, 'Instance');
    newIntegration(other, 'Lake', { accessGrantsInstance });
    expect(synthError(stack)).toBe('');
    expect(other.dependencies).toContain(stack);
  });

  test('warns if it is not known whether the two are deployed to one account and Region', () => {
    const [, other] = twoStacks({}, {});
    Annotations.fromStack(other).hasWarning('/Two/Instance', Match.stringLikeRegexp('both define.*\\[TWO_ACCESS_GRANTS_INSTANCES\\].*two-access-grants-instances'));
  });
});
