import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SnsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { diff } from './cdk-diff';
import { lake, leftovers, NOTHING, STACK_NAME, useSandbox } from './fixture';
import { AdoptingAccessGrantsInstance, CaCertificates, HandlerFunctionOptions } from '../../src';

const sandbox = useSandbox();

/** An option, and what `cdk diff` shows about the function when it is set. */
interface Case {
  readonly options: (stack: Stack) => HandlerFunctionOptions;
  readonly shown: string[];
  /** Types of resources that are deleted because nothing uses them any more. */
  readonly unused?: string[];
}

const ARN = 'arn:aws:lambda:us-east-1:111122223333';

const importVpc = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-1', availabilityZones: ['us-east-1a'], privateSubnetIds: ['subnet-1'],
});

/** Every option: a new one does not compile without an entry. */
const CASES: { [name in keyof HandlerFunctionOptions]-?: Case } = {
  vpc: { options: (stack) => ({ vpc: importVpc(stack) }), shown: ['[+] VpcConfig', 'subnet-1'] },
  vpcSubnets: {
    options: (stack) => ({
      vpc: importVpc(stack), vpcSubnets: { subnets: [ec2.Subnet.fromSubnetId(stack, 'Subnet', 'subnet-2')] },
    }),
    shown: ['[+] VpcConfig', 'subnet-2'],
  },
  securityGroups: {
    options: (stack) => ({
      vpc: importVpc(stack), securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')],
    }),
    shown: ['[+] VpcConfig', 'sg-1'],
  },
  role: {
    options: (stack) => ({ role: stack.node.findChild('OtherRole') as iam.Role }),
    shown: ['[~] Role'],
    unused: ['AWS::IAM::Role'],
  },
  environmentEncryption: {
    options: (stack) => ({ environmentEncryption: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:1:key/1') }),
    shown: ['[+] KmsKeyArn', 'key/1'],
  },
  logGroup: {
    options: (stack) => ({ logGroup: logs.LogGroup.fromLogGroupName(stack, 'Log', 'immuta') }),
    shown: ['[~] LoggingConfig', 'immuta'],
    unused: ['AWS::Logs::LogGroup'],
  },
  caCertificates: {
    options: () => ({ caCertificates: CaCertificates.fromFile(sandbox.current.immuta.caFile) }),
    shown: ['[+] Layers', 'NODE_EXTRA_CA_CERTS'],
  },
  proxy: { options: () => ({ proxy: { url: 'http://proxy:3128' } }), shown: ['[~] Environment', 'http://proxy:3128'] },
  tracing: { options: () => ({ tracing: lambda.Tracing.ACTIVE }), shown: ['[+] TracingConfig', 'Active'] },
  reservedConcurrentExecutions: {
    options: () => ({ reservedConcurrentExecutions: 20 }), shown: ['[+] ReservedConcurrentExecutions', '20'],
  },
  onFailure: {
    options: (stack) => ({
      onFailure: new SnsDestination(Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:111122223333:failures')),
    }),
    shown: ['[+] DestinationConfig', ':failures'],
  },
  layers: {
    options: (stack) => ({ layers: [lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', `${ARN}:layer:agent:1`)] }),
    shown: ['[+] Layers', ':layer:agent:1'],
  },
  environment: { options: () => ({ environment: { AGENT: 'on' } }), shown: ['[+] Added: .AGENT', 'on'] },
  runtime: {
    options: () => ({ runtime: lambda.Runtime.NODEJS_22_X }),
    shown: ['[~] Runtime', '[-] nodejs24.x', '[+] nodejs22.x'],
  },
};

/** Defines a tenant, an instance and an integration, of which both functions have the options. */
function define(optionsOf: (stack: Stack) => HandlerFunctionOptions): Stack {
  let options: HandlerFunctionOptions;
  return lake(sandbox.current, {
    tenantOptions: (stack) => {
      new iam.Role(stack, 'OtherRole', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
      return options = optionsOf(stack);
    },
    props: (stack) => ({ accessGrantsInstance: new AdoptingAccessGrantsInstance(stack, 'Instance', options) }),
  });
}

/** The physical IDs of the deployed resources, by type and logical ID. */
function listIds(): Record<string, string> {
  const { resources } = sandbox.current.cloudFormation.stack(STACK_NAME);
  return Object.fromEntries([...resources.values()].map(({ type, logicalId, physicalId }) =>
    [`${type} ${logicalId}`, physicalId]));
}

test.each(Object.entries(CASES))('%s is set and removed without a replacement', async (_, each) => {
  const { options, shown, unused } = each;
  await sandbox.current.deploy(define(() => ({})));
  const before = listIds();

  const text = await diff(sandbox.current, define(options));
  for (const line of shown) {
    expect(text).toContain(line);
  }
  expect(text).not.toMatch(/replace/i);

  expect(await sandbox.current.deploy(define(options))).toMatchObject({ status: 'UPDATE_COMPLETE' });
  const during = listIds();
  expect(Object.keys(before).filter((key) => during[key] === undefined).map((key) => key.split(' ')[0]).sort())
    .toEqual((unused ?? []).flatMap((type) => [type, type])); // of both functions
  for (const key of Object.keys(before).filter((id) => during[id] !== undefined)) {
    expect(`${key}: ${during[key]}`).toBe(`${key}: ${before[key]}`);
  }

  expect(await sandbox.current.deploy(define(() => ({})))).toMatchObject({ status: 'UPDATE_COMPLETE' });
  const after = listIds();
  for (const key of Object.keys(after).filter((id) => during[id] !== undefined)) {
    expect(`${key}: ${after[key]}`).toBe(`${key}: ${during[key]}`);
  }

  await sandbox.current.destroy(STACK_NAME);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
