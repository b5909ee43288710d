import { deploy, Scenario } from './deployment';
import { ACCOUNT, TARGETS } from './resolve-template';
import { expectRows, Row } from './table';

const [AWS] = TARGETS;
const INSTANCE = `arn:aws:s3:us-east-1:${ACCOUNT}:access-grants/default`;
const LOCATION = `${INSTANCE}/location/5f1f7c10-9d3c-11ef-8f3d-0a1b2c3d4e5f`;
const GRANT = `${INSTANCE}/grant/0c4f2c9e-9d3c-11ef-8f3d-0a1b2c3d4e5f`;
const CREATE_LOCATION = 's3:CreateAccessGrantsLocation';
const MANAGE_LOCATION = [
  's3:DeleteAccessGrantsLocation', 's3:GetAccessGrantsLocation', 's3:UpdateAccessGrantsLocation',
];
const CREATE_GRANT = 's3:CreateAccessGrant';
const MANAGE_GRANT = ['s3:DeleteAccessGrant', 's3:GetAccessGrant'];

/** What Immuta may do with the locations and grants of an integration, by the scopes that AWS reports. */
interface Kind {
  readonly scenario: Scenario;
  /** Each way in which AWS may write the scope of the integration's location. */
  readonly ownLocations: string[];
  readonly otherLocations: string[];
  readonly ownGrants: string[];
  readonly otherGrants: string[];
}

const KINDS: Record<string, Kind> = {
  'a bucket': {
    scenario: { location: 'bucket' },
    ownLocations: ['s3://sales', 's3://sales/', 's3://sales/*'],
    otherLocations: [
      's3://', 's3://people', 's3://people/', 's3://sales-archive/', 's3://sale/', 's3://sales/curated/',
      's3://sales/curated', 's3://sales/curated/*',
    ],
    ownGrants: ['s3://sales', 's3://sales/', 's3://sales/*', 's3://sales/curated/*', 's3://sales/q1.csv'],
    otherGrants: ['s3://*', 's3://people/*', 's3://people', 's3://sales-archive/*', 's3://sales*'],
  },
  'a prefix': {
    scenario: { location: 'prefix', prefix: 'curated/' },
    ownLocations: ['s3://sales/curated/', 's3://sales/curated/*'],
    otherLocations: [
      's3://', 's3://sales', 's3://sales/', 's3://sales/*', 's3://people/curated/', 's3://sales/raw/',
      's3://sales/curated-2/', 's3://sales/curated/2026/', 's3://sales/curated*',
    ],
    ownGrants: ['s3://sales/curated/', 's3://sales/curated/*', 's3://sales/curated/2026/*'],
    otherGrants: ['s3://*', 's3://sales/*', 's3://sales/raw/*', 's3://sales/curated-2/*', 's3://people/curated/*'],
  },
  'a prefix without a slash': {
    scenario: { location: 'prefix', prefix: 'data' },
    ownLocations: ['s3://sales/data', 's3://sales/data*'],
    otherLocations: [
      's3://',
      's3://sales/',
      's3://sales/*',
      's3://sales/database',
      's3://sales/dat',
      's3://people/data',
    ],
    // The location itself includes `database`.
    ownGrants: ['s3://sales/data', 's3://sales/data*', 's3://sales/data/*', 's3://sales/database/*'],
    otherGrants: ['s3://*', 's3://sales/*', 's3://sales/dat*', 's3://people/data*'],
  },
  'a prefix with characters that IAM interprets': {
    scenario: { location: 'prefix', prefix: 'a?b$c/' },
    ownLocations: ['s3://sales/a?b$c/', 's3://sales/a?b$c/*'],
    otherLocations: ['s3://sales/axb$c/', 's3://sales/a?b/'],
    ownGrants: ['s3://sales/a?b$c/*', 's3://sales/a?b$c/2026/*'],
    otherGrants: ['s3://sales/axb$c/*', 's3://sales/a?b/*'],
  },
  'all buckets': {
    scenario: { location: 'allBuckets' },
    ownLocations: ['s3://'],
    otherLocations: ['s3://sales', 's3://sales/', 's3://sales/curated/', 's3://people/'],
    ownGrants: ['s3://sales/*', 's3://a-bucket-of-tomorrow/*'],
    otherGrants: [],
  },
  'named buckets': {
    scenario: { location: 'listedBuckets' },
    ownLocations: ['s3://'],
    otherLocations: ['s3://sales', 's3://sales/', 's3://sales/curated/', 's3://finance/'],
    ownGrants: ['s3://sales/*', 's3://sales/curated/*', 's3://people/*'],
    otherGrants: ['s3://*', 's3://finance/*', 's3://sales-archive/*', 's3://sales*'],
  },
};

function rowsOf({ ownLocations, otherLocations, ownGrants, otherGrants }: Kind): Row[] {
  const rows = (
    expected: Row[0], actions: string[], resource: string, key: string, scopes: string[],
  ): Row[] => scopes.flatMap((scope) => actions.map((action): Row => [expected, action, resource, { [key]: scope }]));
  const [onLocation, onGrant] = ['s3:AccessGrantsLocationScope', 's3:AccessGrantScope'];
  return [
    ...rows('allowed', [CREATE_LOCATION, ...MANAGE_LOCATION], LOCATION, onLocation, ownLocations),
    ...rows('denied', [CREATE_LOCATION, ...MANAGE_LOCATION], LOCATION, onLocation, otherLocations),
    ...rows('allowed', [CREATE_GRANT, ...MANAGE_GRANT], GRANT, onGrant, ownGrants),
    ...rows('denied', [CREATE_GRANT, ...MANAGE_GRANT], GRANT, onGrant, otherGrants),
    // What does not exist has no scope: Immuta must get its 404.
    ...MANAGE_LOCATION.map((action): Row => ['allowed', action, LOCATION]),
    ...MANAGE_GRANT.map((action): Row => ['allowed', action, GRANT]),
    ['denied', CREATE_LOCATION, LOCATION],
    [otherGrants.length > 0 ? 'denied' : 'allowed', CREATE_GRANT, GRANT],
    ['allowed', 's3:ListAccessGrants', INSTANCE],
    ['allowed', 's3:ListAccessGrantsLocations', INSTANCE],
  ];
}

describe.each(Object.entries(KINDS))('Immuta manages only its location and grants in %s', (_, kind) => {
  expectRows(() => ({ principal: deploy(AWS, kind.scenario).immuta }), rowsOf(kind));
});

describe('Immuta manages every location and grant of the instance without restrictScope', () => {
  expectRows(() => ({ principal: deploy(AWS, { location: 'bucket', restrictScope: false }).immuta }), [
    ...[CREATE_LOCATION, ...MANAGE_LOCATION].flatMap((action): Row[] => [
      ['allowed', action, LOCATION],
      ['allowed', action, LOCATION, { 's3:AccessGrantsLocationScope': 's3://people/' }],
    ]),
    ...[CREATE_GRANT, ...MANAGE_GRANT].flatMap((action): Row[] => [
      ['allowed', action, GRANT],
      ['allowed', action, GRANT, { 's3:AccessGrantScope': 's3://people/*' }],
    ]),
  ]);
});

// The simulator does not know ${$} outside of patterns.
test('matches a prefix literally when it looks like a policy variable', () => {
  const { immuta } = deploy(AWS, { location: 'prefix', prefix: '${aws:username}/' });
  const statements = immuta.identityPolicies.flatMap(({ Statement }) => Statement);
  expect(statements.flatMap(({ Condition = {} }) => Condition.StringEquals?.['s3:AccessGrantsLocationScope'] ?? []))
    .toEqual(['s3://sales/${$}{aws:username}/', 's3://sales/${$}{aws:username}/*']);
});
