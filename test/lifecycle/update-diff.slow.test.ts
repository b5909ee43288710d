import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { diff } from './cdk-diff';
import { INTEGRATION_TYPE, lake, useSandbox } from './fixture';
import { ImmutaAuthentication, ImmutaS3IntegrationProps, S3Location } from '../../src';

const sandbox = useSandbox();

/** What `cdk diff` says of the integration when it is deployed with these properties. */
async function diffOfIntegration(props: (stack: Stack) => Partial<ImmutaS3IntegrationProps>): Promise<string> {
  const lines = (await diff(sandbox.current, lake(sandbox.current, { props }))).split('\n');
  const blocks = lines.flatMap((line, index) => line.includes(INTEGRATION_TYPE) ? [index] : []).map((start) => {
    const end = lines.findIndex((line, index) => index > start && (line === '' || /^\[/.test(line)));
    return lines.slice(start, end).join('\n');
  });
  return blocks.join('\n');
}

const DIFFS: [string, (stack: Stack) => Partial<ImmutaS3IntegrationProps>, string[]][] = [
  ['another name', () => ({ integrationName: 'marketing' }), ['[~] IntegrationName', '[-] sales', '[+] marketing']],
  ['another revision', () => ({ revision: '2' }), ['[+] Revision']],
  [
    'another Immuta role',
    (stack) => ({
      authentication: ImmutaAuthentication.existingRole(Role.fromRoleName(stack, 'Manager', 'immuta-manager')),
    }),
    ['[~] RoleToAssumeArn'],
  ],
  [
    'another removal policy',
    () => ({ removalPolicy: RemovalPolicy.RETAIN }),
    ['[~] RemovalPolicy', '[-] destroy', '[+] retain'],
  ],
  [
    'another location',
    (stack) => ({ location: S3Location.bucket(Bucket.fromBucketName(stack, 'Hr', 'hr-lake')) }),
    [`[-] ${INTEGRATION_TYPE} SalesLake854af7e1E23E4F34 destroy`, `[+] ${INTEGRATION_TYPE} SalesLake/`],
  ],
];

test('shows in cdk diff what will change, by name and value', async () => {
  await sandbox.current.deploy(lake(sandbox.current, { props: () => ({ integrationName: 'sales' }) }));

  for (const [what, props, texts] of DIFFS) {
    const shown = await diffOfIntegration((stack) => ({ integrationName: 'sales', ...props(stack) }));
    for (const text of texts) expect(`${what}: ${shown}`).toContain(text);
  }
});
