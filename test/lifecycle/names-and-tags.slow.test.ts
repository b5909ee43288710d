import { Aspects, CfnResource, Stack } from 'aws-cdk-lib';
import { lake, leftovers, NOTHING, STACK_NAME, useSandbox } from './fixture';
import { AdoptingAccessGrantsInstance, ImmutaAuthentication } from '../../src';
import { StackResult } from '../sandbox/cloudformation';

const sandbox = useSandbox();

/** What an organization sets on roles, users and functions. */
type Setting = 'name' | 'path' | 'boundary' | 'tags';

/** Parts of the construct paths of what gets the settings. */
const TARGETS = {
  'the location role': /SalesLake\/.*LocationRole\/Resource$/,
  "Immuta's role": /SalesLake\/.*ImmutaRole\/Resource$/,
  "the role of the tenant's function": /Immuta\/HandlerRole\/Resource$/,
  "the role of the instance's function": /Instance\/HandlerRole\/Resource$/,
  'the managed user': /SalesLake\/.*User\/Resource$/,
  "the tenant's function": /Immuta\/Handler\/Resource$/,
  "the instance's function": /Instance\/Handler\/Resource$/,
};
type Target = keyof typeof TARGETS;

const NAMES: Record<string, string> = {
  'AWS::IAM::Role': 'RoleName', 'AWS::IAM::User': 'UserName', 'AWS::Lambda::Function': 'FunctionName',
};
const TAGS = [{ Key: 'cost-center', Value: '4711' }];

/** Sets properties of resources with an Aspect, as organizations do. */
function applySettings(stack: Stack, targets: Target[], settings: Setting[]): void {
  Aspects.of(stack).add({
    visit(node) {
      const target = targets.find((each) => TARGETS[each].test(node.node.path));
      if (target === undefined || !CfnResource.isCfnResource(node) || !(node.cfnResourceType in NAMES)) return;
      const isFunction = node.cfnResourceType === 'AWS::Lambda::Function';
      const values: Record<Setting, [string, unknown]> = {
        name: [NAMES[node.cfnResourceType], `acme-${target.replace(/\W+/g, '-')}`],
        path: ['Path', '/data/'],
        boundary: ['PermissionsBoundary', 'arn:aws:iam::111122223333:policy/acme-boundary'],
        tags: ['Tags', TAGS],
      };
      for (const setting of settings.filter((each) => !isFunction || each === 'name' || each === 'tags')) {
        node.addPropertyOverride(...values[setting]);
      }
    },
  });
}

/** Deploys a stack that has everything with a role, a user or a function. */
function deploy(
  authentication: 'role' | 'user', targets: Target[] = [], settings: Setting[] = [],
): Promise<StackResult> {
  return sandbox.current.deploy(lake(sandbox.current, {
    props: (stack) => ({
      accessGrantsInstance: new AdoptingAccessGrantsInstance(stack, 'Instance'),
      ...authentication === 'user' && { authentication: ImmutaAuthentication.managedAccessKey() },
    }),
    and: (stack) => applySettings(stack, targets, settings),
  }));
}

/** The values of the setting that the resources of the stack have. */
function listValues({ stack }: StackResult, setting: Setting): string[] {
  const values = { name: /^acme-/, path: /^\/data\/$/, boundary: /policy\/acme-boundary$/, tags: /"cost-center"/ };
  return [...stack.resources.values()].flatMap(({ properties }) => Object.values(properties))
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value) ?? ''))
    .filter((value) => values[setting].test(value));
}

async function expectInOrder(): Promise<void> {
  expect(leftovers(sandbox.current).integrations.map(({ status }) => status)).toEqual(['enabled']);
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
}

beforeEach(() => {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  sandbox.current.aws.iam.createPolicy('acme-boundary', document);
});

describe.each(['role', 'user'] as const)('with a %s for Immuta', (authentication) => {
  test.each<Setting>(['name', 'path', 'boundary', 'tags'])(
    'deploys an integration when an Aspect sets the %s of everything from the beginning',
    async (setting) => {
      const all = Object.keys(TARGETS) as Target[];
      const result = await deploy(authentication, all, [setting]);

      expect(result.status).toBe('CREATE_COMPLETE');
      expect(listValues(result, setting).length).toBeGreaterThan(3);
      await expectInOrder();
    },
  );
});

const authenticationOf = (target: Target) => target === 'the managed user' ? 'user' : 'role';

describe.each(Object.keys(TARGETS) as Target[])('of %s', (target) => {
  const isFunction = target.endsWith('function');
  const settings: Setting[] = isFunction ? ['tags'] : ['name', 'path', 'boundary', 'tags'];

  test.each(settings)('updates the stack when an Aspect sets the %s later', async (setting) => {
    await deploy(authenticationOf(target));

    const result = await deploy(authenticationOf(target), [target], [setting]);

    expect(result.status).toBe('UPDATE_COMPLETE');
    expect(listValues(result, setting)).not.toEqual([]);
    await expectInOrder();
  });
});

test.each<Target>(["the tenant's function", "the instance's function"])(
  'changes nothing when an Aspect sets the name of %s later',
  async (target) => {
    await deploy('role');

    const { status, events } = await deploy('role', [target], ['name']);

    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(events.map(({ reason }) => reason)).toContain('Modifying service token is not allowed.');
    await expectInOrder();
  },
);
