import { App, CfnParameter, CfnResource, Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { ENV, getOnly, listResources, newIntegration, newStack, newTenant } from './fixture';
import {
  DataSourcePrefixForm, DataSourceRemovalMode, DataSourcesOptions, ImmutaS3DataSources, ImmutaS3Integration,
} from '../src';
import { Annotations } from './support/annotations';

const TYPE = 'Custom::ImmutaS3DataSources';
const TWO = { 'Sales orders': 'orders/', 'Sales returns': 'returns/' };

function defineTwo(options: Partial<DataSourcesOptions> = {}) {
  const stack = newStack();
  const integration = newIntegration(stack, 'SalesLake');
  const dataSources = integration.addDataSources('Curated', { dataSources: TWO, ...options });
  return { stack, integration, dataSources };
}

/** Returns why an app with these data sources cannot be synthesized. */
function findProblem(dataSources: Record<string, string>): string {
  return catchError(() => defineTwo({ dataSources }).stack);
}

function catchError(define: () => Stack): string {
  try {
    Template.fromStack(define());
    return 'no error';
  } catch (error) {
    return (error as Error).message;
  }
}

test('defines one resource for any number of data sources', () => {
  const { stack } = defineTwo();
  const { Properties, DependsOn } = getOnly(stack, TYPE);

  expect(Properties).toEqual({
    ServiceToken: { 'Fn::GetAtt': [expect.stringMatching(/^SalesLakeTenantHandler/), 'Arn'] },
    ServiceTimeout: '2100',
    TenantUrl: 'https://acme.immutacloud.com',
    ApiKeySecretArn: expect.anything(),
    IntegrationId: { 'Fn::GetAtt': [expect.stringMatching(/^SalesLake/), 'IntegrationId'] },
    DataSources: '{"Sales orders":"orders/","Sales returns":"returns/"}',
    Removal: 'disable',
    PrefixForm: 'relative',
    TimeoutSeconds: '1800',
  });
  expect(DependsOn!.join()).toMatch(/SalesLakeTenantHandlerRole/);
});

test('renders the options of data sources', () => {
  const { stack } = defineTwo({
    removalMode: DataSourceRemovalMode.DELETE,
    prefixForm: DataSourcePrefixForm.ABSOLUTE,
    timeout: Duration.minutes(5),
  });

  expect(getOnly(stack, TYPE).Properties).toMatchObject({
    Removal: 'delete', PrefixForm: 'absolute', TimeoutSeconds: '300', ServiceTimeout: '600',
  });
});

test('returns the IDs of data sources by their names', () => {
  const { stack, dataSources } = defineTwo();
  const ids = { 'Fn::Split': [',', { 'Fn::GetAtt': [expect.stringMatching(/Curated/), 'DataSourceIds'] }] };

  expect(stack.resolve(dataSources.dataSourceIds)).toEqual({
    'Sales orders': { 'Fn::Select': [0, ids] },
    'Sales returns': { 'Fn::Select': [1, ids] },
  });
});

test('renders the same whatever the order of the data sources, as `Map.of` in Java has none', () => {
  const reversed = Object.fromEntries(Object.entries(TWO).reverse());
  const [one, other] = [defineTwo(), defineTwo({ dataSources: reversed })];

  expect(Object.keys(reversed)).not.toEqual(Object.keys(TWO));
  expect(listResources(other.stack)).toEqual(listResources(one.stack));
  expect(other.stack.resolve(other.dataSources.dataSourceIds)).toEqual(
    one.stack.resolve(one.dataSources.dataSourceIds),
  );
});

test('accepts an imported integration for data sources', () => {
  const stack = newStack();
  new ImmutaS3DataSources(stack, 'Curated', {
    tenant: newTenant(stack),
    integration: ImmutaS3Integration.fromIntegrationId(stack, 'Lake', '17'),
    dataSources: TWO,
  });

  expect(getOnly(stack, TYPE).Properties.IntegrationId).toBe('17');
});

test('lets the stack of data sources depend on that of the integration, to be destroyed first', () => {
  const app = new App();
  const [lake, data] = ['Lake', 'Data'].map((id) => newStack({ env: ENV }, app, id));
  const tenant = newTenant(lake);
  const integration = newIntegration(lake, 'SalesLake', { tenant });
  new ImmutaS3DataSources(data, 'Curated', { tenant, integration, dataSources: TWO });
  app.synth();

  expect(data.dependencies).toEqual([lake]);
  const statements = JSON.stringify(listResources(lake));
  expect(statements).toContain(':stack/Data/*');
});

test('accepts a prefix that is known only at deployment', () => {
  const stack = newStack();
  const prefix = new CfnParameter(stack, 'Prefix').valueAsString;
  newIntegration(stack, 'SalesLake').addDataSources('Curated', { dataSources: { Orders: prefix } });

  expect(getOnly(stack, TYPE).Properties.DataSources).toEqual({
    'Fn::Join': ['', ['{"Orders":"', { Ref: 'Prefix' }, '"}']],
  });
});

const WRONG_PREFIXES = ['/orders/', 'orders/*', 's3://sales/orders/', 'a/../b/', './orders/', 'orders/..'];

test.each(WRONG_PREFIXES)('fails when a data source has the prefix %j', (prefix) => {
  expect(findProblem({ Orders: prefix })).toContain(
    `the prefix of data source "Orders" must be relative to the location, got ${JSON.stringify(prefix)}. Write it as ` +
      "in the keys of objects, such as 'orders/', without '*' and without a segment '.' or '..'. " +
      '[DATA_SOURCE_PREFIX_INVALID]',
  );
});

test.each(['', ' Orders', 'Orders ', 'x'.repeat(256)])('fails when the name of a data source is %j', (name) => {
  const problem = findProblem({ [name]: 'orders/' });
  expect(problem).toContain(`got ${JSON.stringify(name)}`);
  expect(problem).toContain('[DATA_SOURCE_NAME_INVALID]');
});

test('fails when the name of a data source is a token', () => {
  expect(findProblem({ [Lazy.string({ produce: () => 'Orders' })]: 'orders/' })).toContain(
    '[DATA_SOURCE_NAME_INVALID]',
  );
});

test('accepts unusual names and prefixes of data sources', () => {
  const dataSources = {
    'Bestellungen/März "2026"': 'große Daten/ä=1/',
    'Everything': '',
    ['x'.repeat(255)]: '.hidden/a..b/',
    'A': 'a/b',
    'Not A': 'ab',
    'Links': 'links/s3://',
  };

  expect(JSON.parse(getOnly(defineTwo({ dataSources }).stack, TYPE).Properties.DataSources)).toEqual(dataSources);
});

test.each(['orders/', 'orders'])('fails when two data sources have the prefix orders/ and %s', (prefix) => {
  expect(findProblem({ 'Orders': 'orders/', 'Orders again': prefix })).toContain(
    `data source "Orders again" has the prefix ${JSON.stringify(prefix)} of data source "Orders". Remove one of the ` +
      'two. [DATA_SOURCE_PREFIX_DUPLICATE]',
  );
});

describe('in two constructs', () => {
  const defineBoth = (first: Record<string, string>, second: Record<string, string>) => {
    const { stack, integration } = defineTwo({ dataSources: first });
    integration.addDataSources('More', { dataSources: second });
    return stack;
  };

  test('fails when two constructs have a data source of the same name', () => {
    expect(catchError(() => defineBoth({ Orders: 'orders/' }, { Orders: 'other/' }))).toContain(
      'data source "Orders" is also listed by \'Stack/SalesLake/Curated\'. Choose another name for one of the two. ' +
        '[DATA_SOURCE_NAME_DUPLICATE]',
    );
  });

  test('fails when two constructs have a data source of the same prefix', () => {
    expect(catchError(() => defineBoth({ A: 'orders/' }, { B: 'orders/' }))).toContain(
      'data source "B" has the prefix "orders/" of data source "A" in \'Stack/SalesLake/Curated\'',
    );
  });

  test('warns when the prefixes of two constructs overlap', () => {
    const stack = defineBoth({ A: 'orders/', C: 'returns/' }, { B: 'orders/2026/' });

    Annotations.fromStack(stack).hasWarning(
      '/Stack/SalesLake/More',
      Match.stringLikeRegexp(
        'data source "A" with the prefix "orders/" contains data source "B" with "orders/2026/"\\. .*' +
          '\\[DATA_SOURCE_PREFIXES_OVERLAP\\]',
      ),
    );
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toHaveLength(1);
  });
});

/** Returns the pairs of data sources about whose prefixes the stack warns. */
function listOverlaps(stack: Stack): string[] {
  const names = /data source "(\w+)" .* contains data source "(\w+)"/;
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('DATA_SOURCE_PREFIXES_OVERLAP'))
    .map(({ entry }) => (names.exec(`${entry.data}`) ?? []).slice(1).join());
}

test('warns once of each data source that another one contains, by the innermost one', () => {
  const { stack, integration } = defineTwo({
    dataSources: { D: 'a/b/', A: 'a/', C: 'a/b/c/', E: 'a/d/', B: 'b/', Z: 'z/' },
  });
  expect(listOverlaps(stack).sort()).toEqual(['A,D', 'A,E', 'D,C']);

  // Of the overlaps, none is that of the new data source.
  integration.addDataSources('More', { dataSources: { F: 'f/' } });
  expect(listOverlaps(stack)).toHaveLength(3);
});

test('does not warn of a prefix that is known only at deployment', () => {
  const stack = newStack();
  const prefix = new CfnParameter(stack, 'Prefix').valueAsString;
  newIntegration(stack, 'SalesLake').addDataSources('Curated', {
    dataSources: { A: 'a/', P: prefix, Q: `${prefix}b/` },
  });
  Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
});

test('accepts the same prefix when the integrations differ', () => {
  const stack = newStack();
  const tenant = newTenant(stack);
  for (const id of ['Sales', 'Ads']) {
    newIntegration(stack, id, { tenant }).addDataSources('Data', { dataSources: { [id]: 'orders/' } });
  }

  expect(catchError(() => stack)).toBe('no error');
});

test.each([
  [301, 'tables/', 2],
  [601, 't/', 3],
  [290, 'x'.repeat(900), 3],
])('fails with how to split %d data sources when their prefixes are long', (count, beginning, parts) => {
  const dataSources = Object.fromEntries([...Array(count).keys()].map((n) => [`Table ${n}`, `${beginning}${n}/`]));

  expect(findProblem(dataSources)).toMatch(
    new RegExp(
      `'dataSources' has ${count} entries in \\d+ bytes, and one resource can have 300 in 100000 bytes\\. Split them ` +
        `into ${parts} 'ImmutaS3DataSources' of the same integration, .*\\[DATA_SOURCES_TOO_MANY\\]`,
    ),
  );
});

describe('of a retained integration', () => {
  type Defined = ReturnType<typeof defineTwo>;
  const findWarnings = (options: Partial<DataSourcesOptions>, change: (defined: Defined) => void) => {
    const defined = defineTwo(options);
    change(defined);
    return Annotations.fromStack(defined.stack).findWarning('*', Match.anyValue()).map(({ entry }) => `${entry.data}`);
  };
  const retain = ({ integration }: Defined) => integration.applyRemovalPolicy(RemovalPolicy.RETAIN);

  test('warns that the data sources are disabled', () => {
    expect(findWarnings({}, retain)).toEqual([
      "integration 'Stack/SalesLake' is retained when it leaves the template, but its data sources are disabled. "
        + "Users then lose their access. Set 'removalMode' of the data sources: DataSourceRemovalMode.RETAIN keeps "
        + 'them, and DISABLE says that this is intended. [DATA_SOURCES_NOT_RETAINED] '
        + '[ack: cdk-immuta-s3-integration:data-sources-not-retained]',
    ]);
  });

  test('does not warn if the removal of the data sources is chosen', () => {
    expect(findWarnings({ removalMode: DataSourceRemovalMode.DISABLE }, retain)).toEqual([]);
  });

  test('does not warn if CloudFormation retains the data sources too', () => {
    expect(findWarnings({}, (defined) => {
      retain(defined);
      (defined.dataSources.node.defaultChild as CfnResource).applyRemovalPolicy(RemovalPolicy.RETAIN);
    })).toEqual([]);
  });

  test('does not warn if the integration is deleted too, or imported', () => {
    expect(findWarnings({}, ({ stack }) => {
      const integration = ImmutaS3Integration.fromIntegrationId(stack, 'Imported', '17');
      new ImmutaS3DataSources(stack, 'Other', { integration, tenant: newTenant(stack), dataSources: { Other: 'o/' } });
    })).toEqual([]);
  });
});
