import { App, CfnResource, NestedStack, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import {
  ENV,
  INSTANCE,
  INTEGRATION,
  newIntegration,
  newStack,
  newTenant,
  normalize,
  getOnly,
  listResources,
  synthError,
} from './fixture';
import { AccessGrantsInstance, AdoptingAccessGrantsInstance } from '../src';
import { Annotations } from './support/annotations';

const RETAINED = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };
const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1111222233334444';

describe('AccessGrantsInstance', () => {
  test('defines one resource by default', () => {
    const stack = newStack();
    const instance = new AccessGrantsInstance(stack, 'Instance');

    expect(listResources(stack)).toEqual({
      S3AccessGrantsInstance: { Type: INSTANCE, DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' },
    });
    expect(instance.accessGrantsInstanceId).toBe('default');
    expect(stack.resolve(instance.accessGrantsInstanceArn)).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:us-east-1:111122223333:access-grants/default']],
    });
  });

  test('retains an instance with Identity Center, except when the first deployment fails', () => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: IDENTITY_CENTER });
    Template.fromStack(stack).hasResource(INSTANCE, {
      Properties: { IdentityCenterArn: IDENTITY_CENTER },
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test.each([
    [RemovalPolicy.DESTROY, { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' }],
    [RemovalPolicy.RETAIN, RETAINED],
    [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, RETAINED],
  ])('applies the removal policy %s to an instance', (removalPolicy, expected) => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: IDENTITY_CENTER, removalPolicy });
    Template.fromStack(stack).hasResource(INSTANCE, expected);
  });

  test('sets no tags on a native instance, because a changed tag would replace it', () => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'Instance');
    Tags.of(stack.node.root).add('owner', 'data');
    expect(getOnly(stack, INSTANCE).Properties).toEqual({});
  });
});

describe('imported AccessGrantsInstance', () => {
  test('imports an instance by its ARN', () => {
    const stack = newStack();
    const instance = AccessGrantsInstance.fromAccessGrantsInstanceArn(
      stack,
      'Instance',
      'arn:aws:s3:eu-west-1:444455556666:access-grants/default',
    );
    expect(instance.accessGrantsInstanceArn).toBe('arn:aws:s3:eu-west-1:444455556666:access-grants/default');
    expect(instance.accessGrantsInstanceId).toBe('default');
  });

  test.each([
    'default',
    'arn:aws:s3:::acme-sales',
    'arn:aws:s3:eu-west-1:444455556666:access-grants/default/location/1',
  ])('fails when the ARN is %s', (arn) => {
    expect(() => AccessGrantsInstance.fromAccessGrantsInstanceArn(newStack(), 'Instance', arn)).toThrow(
      `'accessGrantsInstanceArn' must look like arn:aws:s3:us-east-1:111122223333:access-grants/default, got "${arn}". `
        + 'Copy the ARN from \'aws s3control list-access-grants-instances\'. [INSTANCE_ARN_INVALID]',
    );
  });

  test('imports the instance of the stack when its account and Region are not known', () => {
    const stack = newStack({});
    const instance = AccessGrantsInstance.fromDefault(stack, 'Instance');
    expect(stack.resolve(instance.accessGrantsInstanceArn)).toEqual({
      'Fn::Join': [
        '',
        [
          'arn:',
          { Ref: 'AWS::Partition' },
          ':s3:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':access-grants/default',
        ],
      ],
    });
    expect(instance.accessGrantsInstanceId).toBe('default');
  });

  test('defines no instance when an integration uses an import', () => {
    const stack = newStack();
    newIntegration(stack, 'Lake', { accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance') });
    Template.fromStack(stack).resourceCountIs(INSTANCE, 0);
  });
});

test('grantDataAccess allows a principal to request credentials', () => {
  const stack = newStack();
  const reader = new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
  AccessGrantsInstance.fromAccessGrantsInstanceArn(
    stack,
    'Instance',
    'arn:aws:s3:us-east-1:111122223333:access-grants/default',
  )
    .grantDataAccess(reader)
    .assertSuccess();
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

describe('default AccessGrantsInstance', () => {
  test('defines the default instance with the first integration and uses it in the next one', () => {
    const stack = newStack();
    const tenant = newTenant(stack);
    newIntegration(stack, 'One', { tenant });
    newIntegration(stack, 'Two', { tenant });
    getOnly(stack, INSTANCE);
    for (const integration of Object.values(listResources(stack)).filter(({ Type }) => Type === INTEGRATION)) {
      expect(integration.DependsOn).toContain('S3AccessGrantsInstance');
    }
  });

  test('keeps the default instance when one of several integrations is removed', () => {
    const template = (ids: string[]) => {
      const stack = newStack();
      const tenant = newTenant(stack);
      ids.forEach((id) => newIntegration(stack, id, { tenant }));
      return getOnly(stack, INSTANCE);
    };
    expect(template(['Two'])).toEqual(template(['One', 'Two']));
  });

  test.each([
    ['before', 'Aaa'], ['before', 'Zzz'], ['after', 'Aaa'], ['after', 'Zzz'],
  ])('changes nothing in the template when an explicit instance is defined %s the integration as %s', (order, id) => {
    // The CLI synthesizes with path metadata.
    const synthesize = (explicit: boolean) => {
      const stack = newStack(undefined, new App({ context: { 'aws:cdk:enable-path-metadata': true } }));
      const define = [
        () => newIntegration(stack, 'Lake'),
        ...(explicit ? [() => new AccessGrantsInstance(stack, id)] : []),
      ];
      (order === 'before' ? define.reverse() : define).forEach((construct) => construct());
      const { Resources, ...rest } = Template.fromStack(stack).toJSON();
      return { ...rest, Resources: normalize(Resources) };
    };
    expect(synthesize(true)).toEqual(synthesize(false));
  });

  test('changes nothing in the template when an explicit instance is defined after a retained integration', () => {
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

  test.each<[string, (stack: Stack) => Construct]>([
    ['native', (stack) => new AccessGrantsInstance(stack, 'Instance')],
    ['adopting', (stack) => new AdoptingAccessGrantsInstance(stack, 'Instance')],
  ])('retains the %s instance of an adopted integration, which is defined before or after', (_, define) => {
    for (const isFirst of [true, false]) {
      const stack = newStack();
      if (isFirst) define(stack);
      newIntegration(stack, 'Lake', { adopt: '17' });
      if (!isFirst) define(stack);
      const { DeletionPolicy } = Object.values(listResources(stack)).find(({ Type }) => /Instance$/.test(Type))!;
      expect(DeletionPolicy).toBe('RetainExceptOnCreate');
    }
  });

  test('retains the instance that an integration of another stack imports, unless it may be in another account', () => {
    for (const [props, expected] of [[{ env: ENV }, 'RetainExceptOnCreate'], [{}, 'Delete']] as const) {
      const app = new App();
      const owner = newStack(props, app, 'Owner');
      new AccessGrantsInstance(owner, 'Instance');
      const user = newStack(props, app, 'User');
      const accessGrantsInstance = AccessGrantsInstance.fromDefault(user, 'Instance');
      newIntegration(user, 'Lake', { accessGrantsInstance, removalPolicy: RemovalPolicy.RETAIN });
      expect(getOnly(owner, INSTANCE).DeletionPolicy).toBe(expected);
    }
  });

  test('retains the instance that an integration of another stack names, until that is not retained any more', () => {
    for (const isDestroyed of [false, true]) {
      const app = new App();
      const owner = newStack({}, app, 'Owner');
      const accessGrantsInstance = new AccessGrantsInstance(owner, 'Instance');
      const user = newStack({}, app, 'User');
      const integration = newIntegration(user, 'Lake', { accessGrantsInstance, removalPolicy: RemovalPolicy.RETAIN });
      if (isDestroyed) integration.applyRemovalPolicy(RemovalPolicy.DESTROY);
      expect(getOnly(owner, INSTANCE).DeletionPolicy).toBe(isDestroyed ? 'Delete' : 'RetainExceptOnCreate');
    }
  });

  test('changes nothing of the instance in another account', () => {
    const app = new App();
    const owner = newStack({ env: ENV }, app, 'Owner');
    const instance = new AccessGrantsInstance(owner, 'Instance');
    (instance.node.defaultChild as CfnResource).applyRemovalPolicy(RemovalPolicy.RETAIN);
    const other = newStack({ env: { ...ENV, account: '444455556666' } }, app, 'Other');
    newIntegration(other, 'Lake', { removalPolicy: RemovalPolicy.RETAIN });
    const third = newStack({ env: { ...ENV, account: '777788889999' } }, app, 'Third');
    new AccessGrantsInstance(third, 'Instance');
    expect(getOnly(owner, INSTANCE).DeletionPolicy).toBe('Retain');
    expect(getOnly(third, INSTANCE).DeletionPolicy).toBe('Delete');
  });

  test.each([
    ['before', true],
    ['after', false],
  ])('does not retain an instance that is defined %s its integration is not retained any more', (_, isFirst) => {
    const stack = newStack();
    const integration = newIntegration(stack, 'Lake', { removalPolicy: RemovalPolicy.RETAIN });
    if (isFirst) new AccessGrantsInstance(stack, 'Instance');
    integration.applyRemovalPolicy(RemovalPolicy.DESTROY);
    if (!isFirst) new AccessGrantsInstance(stack, 'Instance');
    expect(getOnly(stack, INSTANCE).DeletionPolicy).toBe('Delete');
  });

  test('reports what CloudFormation would not accept', () => {
    const stack = newStack();
    const identityCenterInstanceArn = 'arn:aws:sso::111122223333:instance/x';
    new AccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn, removalPolicy: RemovalPolicy.SNAPSHOT });
    expect(synthError(stack)).toMatch(/\[IDENTITY_CENTER_ARN_INVALID\][^]*\[REMOVAL_POLICY_UNSUPPORTED\]/);
  });

  test('defines the default instance in the outermost stack when integrations are in nested stacks', () => {
    const stack = newStack();
    const nested = [1, 2].map((n) => new NestedStack(stack, `Nested${n}`));
    const tenant = newTenant(stack);
    nested.forEach((one) => newIntegration(one, `Lake${one.node.id}`, { tenant }));

    getOnly(stack, INSTANCE);
    for (const one of nested) {
      Template.fromStack(one).resourceCountIs(INSTANCE, 0);
    }
    const stacks = Object.values(listResources(stack)).filter(({ Type }) => Type === 'AWS::CloudFormation::Stack');
    expect(stacks.map(({ DependsOn }) => DependsOn)).toEqual([
      expect.arrayContaining(['S3AccessGrantsInstance']), expect.arrayContaining(['S3AccessGrantsInstance']),
    ]);
  });
});

describe('uniqueness of the AccessGrantsInstance', () => {
  const twoStacks = (
    one: object,
    other: object,
    define = (stack: Stack) => {
      new AccessGrantsInstance(stack, 'Instance');
    },
  ) => {
    const app = new App();
    const stacks = [newStack(one, app, 'One'), newStack(other, app, 'Two')];
    stacks.forEach(define);
    return stacks;
  };

  test('reports one error with the remedy when two stacks of one account and Region define an instance', () => {
    const [stack] = twoStacks({ env: ENV }, { env: ENV });
    const error = synthError(stack);
    expect(error).toContain('stack \'Two\' and stack \'One\' both define the S3 Access Grants instance');
    expect(error).toContain(
      "('One/Instance' and 'Two/Instance'). Keep one. Pass it, or 'AccessGrantsInstance.fromDefault(this, …)', " +
        "as 'accessGrantsInstance' elsewhere. [INSTANCE_DEFINED_TWICE]",
    );
    expect(error.match(/both define/g)).toHaveLength(1);
  });

  test('fails when the integrations of two such stacks define default instances', () => {
    const [stack] = twoStacks({ env: ENV }, { env: ENV }, (one) => { newIntegration(one, `Lake${one.node.id}`); });
    expect(synthError(stack)).toContain('both define the S3 Access Grants instance');
  });

  test('fails when one stack defines two instances', () => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'One');
    new AccessGrantsInstance(stack, 'Two');
    const error = synthError(stack);
    expect(error).toContain('both define the S3 Access Grants instance');
    expect(error).toContain('[INSTANCE_DEFINED_TWICE]');
  });

  test("keeps a construct of the user that has the ID of a stack's default instance", () => {
    const stack = newStack();
    const construct = new Construct(stack, 'DefaultS3AccessGrantsInstance');
    new AccessGrantsInstance(stack, 'Instance');
    expect(stack.node.tryFindChild('DefaultS3AccessGrantsInstance')).toBe(construct);
  });

  test.each([
    ['account', { ...ENV, account: '444455556666' }],
    ['Region', { ...ENV, region: 'eu-west-1' }],
  ])('accepts a second instance when it is in another %s', (_, env) => {
    const [stack, other] = twoStacks({ env: ENV }, { env });
    expect(synthError(stack)).toBe('');
    Annotations.fromStack(other).hasNoWarning('*', Match.anyValue());
  });

  test('accepts integrations of another stack when they use the construct', () => {
    const [stack, other] = twoStacks({ env: ENV }, { env: ENV }, () => undefined);
    const accessGrantsInstance = new AccessGrantsInstance(stack, 'Instance');
    newIntegration(other, 'Lake', { accessGrantsInstance });
    expect(synthError(stack)).toBe('');
    expect(other.dependencies).toContain(stack);
  });

  test('warns of no other instance when there is one in a stack without an account and a Region', () => {
    const stack = new Stack(new App(), 'Stack');
    new AccessGrantsInstance(stack, 'Instance');
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('warns when the accounts and Regions of two instances are not known', () => {
    const [, other] = twoStacks({}, {});
    Annotations.fromStack(other).hasWarning(
      '/Two/Instance',
      Match.stringLikeRegexp(
        "'Two' and 'One' both define.*\\[TWO_ACCESS_GRANTS_INSTANCES\\].*two-access-grants-instances",
      ),
    );
  });
});
