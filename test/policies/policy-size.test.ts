import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { resolveTemplate, TARGETS } from './resolve-template';
import {
  AccessGrantsInstance,
  ImmutaAuthentication,
  ImmutaS3Integration,
  ImmutaS3IntegrationProps,
  ImmutaTenant,
  S3Location,
} from '../../src';

const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';

type Props = Pick<
  ImmutaS3IntegrationProps,
  'authentication' | 'encryptionKeys' | 'identityCenter' | 'location' | 'restrictScope'
>;

/** Synthesizes integrations in one stack and measures their policies as IAM does. */
function synthesize(integrations: (stack: Stack) => Props[], region = 'us-east-1'): Sizes {
  const app = new App({ context: { 'aws:cdk:disable-asset-staging': true } });
  const stack = new Stack(app, 'lake', { env: { account: '111122223333', region } });
  const apiKey = secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', 'immuta/api-key');
  const tenant = new ImmutaTenant(stack, 'Immuta', { url: 'https://acme.immutacloud.com', apiKey });
  const accessGrantsInstance = new AccessGrantsInstance(stack, 'Instance', {
    identityCenterInstanceArn: IDENTITY_CENTER,
  });
  integrations(stack).forEach(
    (props, index) => new ImmutaS3Integration(stack, `Lake${index}`, { tenant, accessGrantsInstance, ...props }),
  );
  const { resources } = resolveTemplate(Template.fromStack(stack).toJSON(), TARGETS[0], {});
  const length = (documents: unknown[]) =>
    documents.map((document) => JSON.stringify(document).length).reduce((sum, one) => sum + one, 0);
  const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);
  const inline = (name: string) => length(
    ofType('AWS::IAM::Role')
      .filter(([id]) => id.includes(name))
      .flatMap(([, { Properties }]) => Properties.Policies.map((policy: any) => policy.PolicyDocument)),
  );
  return {
    locationRole: inline('LocationRole'),
    immutaRole: inline('ImmutaRole'),
    managedPolicy: length(ofType('AWS::IAM::ManagedPolicy').map(([, { Properties }]) => Properties.PolicyDocument)),
  };
}

interface Sizes {
  readonly locationRole: number;
  readonly immutaRole: number;
  readonly managedPolicy: number;
}

/** Imports a bucket with the longest name that S3 allows. */
function bucket(stack: Stack, index: number): s3.IBucket {
  return s3.Bucket.fromBucketName(stack, `Bucket${index}`, String(index).padStart(63, 'b'));
}

function buckets(stack: Stack, count: number): S3Location {
  return S3Location.allBuckets({ buckets: Array.from({ length: count }, (_, index) => bucket(stack, index)) });
}

function keys(stack: Stack, count: number): kms.IKey[] {
  return Array.from({ length: count }, (_, index) =>
    kms.Key.fromKeyArn(
      stack,
      `Key${index}`,
      `arn:aws:kms:us-east-1:111122223333:key/${String(index).padStart(36, '0')}`,
    ),
  );
}

const newRole = ImmutaAuthentication.assumeRole({
  principal: new iam.ArnPrincipal('arn:aws:iam::777788889999:role/immuta'),
});
const LOCATION_ROLE =
  /inline policies of role 'lake\/Lake0\/.*LocationRole' have at least \d+ characters, and IAM allows 10240/;

describe('location role', () => {
  const withBuckets = (count: number) => () =>
    synthesize((stack) => [{ location: buckets(stack, count), authentication: newRole, restrictScope: false }]);
  const withKeys = (count: number) => () => synthesize((stack) => [{
    location: buckets(stack, 1), authentication: newRole, encryptionKeys: keys(stack, count),
  }]);

  test('accepts a location role with 59 buckets with the longest names and fails with 60', () => {
    expect(withBuckets(59)().locationRole).toBeLessThanOrEqual(10_240);
    expect(withBuckets(60)).toThrow(LOCATION_ROLE);
    expect(withBuckets(60)).toThrow(new RegExp(
      String.raw`pass fewer 'buckets' or none at all, or set 'restrictScope' to false\. ` +
        String.raw`\[INLINE_POLICIES_TOO_LONG\]`,
    ));
  });

  test('accepts fewer buckets of a location role in GovCloud, where ARNs are longer', () => {
    const inGovCloud = (count: number) => () =>
      synthesize(
        (stack) => [{ location: buckets(stack, count), authentication: newRole, restrictScope: false }],
        'us-gov-west-1',
      );
    expect(inGovCloud(54)).not.toThrow();
    expect(inGovCloud(57)).toThrow(LOCATION_ROLE);
  });

  test('accepts a location role with 117 keys and fails with 118', () => {
    expect(withKeys(117)().locationRole).toBeLessThanOrEqual(10_240);
    expect(withKeys(118)).toThrow(LOCATION_ROLE);
  });
});

describe("Immuta's role", () => {
  const withBuckets = (count: number) => () =>
    synthesize((stack) => [{ location: buckets(stack, count), authentication: newRole }]);

  test("accepts Immuta's role with 36 buckets with the longest names and fails with 38", () => {
    expect(withBuckets(36)().immutaRole).toBeLessThanOrEqual(10_240);
    expect(withBuckets(38)).toThrow(
      /inline policies of role 'lake\/Lake0\/.*ImmutaRole' have at least \d+ characters, and IAM allows 10240/,
    );
  });
});

describe('managed policy of a user', () => {
  const withBuckets = (count: number, restrictScope?: boolean) => () => synthesize((stack) => [{
    location: buckets(stack, count),
    restrictScope,
    identityCenter: { instanceArn: IDENTITY_CENTER, identityStoreId: 'd-1234567890' },
    authentication: ImmutaAuthentication.accessKeySecret({
      user: iam.User.fromUserName(stack, 'User', 'immuta'),
      secret: secretsmanager.Secret.fromSecretNameV2(stack, 'AccessKey', 'immuta/access-key'),
    }),
  }]);

  // The numbers between depend on the name of the location role, which CloudFormation generates.
  const TOO_LONG =
    /\[lake\/Lake0\/.*ImmutaPolicy\] the policy has at least \d+ characters, and IAM allows 6144 in a managed policy/;

  test('accepts a user with 15 buckets with the longest names and Identity Center and fails with 17', () => {
    expect(withBuckets(15)().managedPolicy).toBeLessThanOrEqual(6_144);
    expect(withBuckets(17)).toThrow(TOO_LONG);
  });

  test('accepts a user with 55 buckets without restrictScope and fails with 59', () => {
    expect(withBuckets(55, false)().managedPolicy).toBeLessThanOrEqual(6_144);
    expect(withBuckets(59, false)).toThrow(TOO_LONG);
  });
});

describe('role of the user', () => {
  const withIntegrations = (count: number) => () => synthesize((stack) => {
    const role = iam.Role.fromRoleName(stack, 'Role', 'immuta');
    return Array.from({ length: count }, (_, index) => ({
      location: S3Location.bucket(bucket(stack, index)),
      authentication: ImmutaAuthentication.existingRole(role),
    }));
  });

  test('accepts a role of the user with 20 integrations and a raised quota and fails with 21', () => {
    expect(withIntegrations(20)).not.toThrow();
    expect(withIntegrations(21)).toThrow(
      /role 'lake\/Role' gets 21 managed policies from this app, and IAM allows 20 at most\. Use another role in some/,
    );
  });
});
