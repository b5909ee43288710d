import { App, Aspects, CfnResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Schedule } from 'aws-cdk-lib/aws-events';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ENV, newIntegration, newStack, URL_OF_TENANT } from './fixture';
import { HandlerFunctionOptions, ImmutaAuthentication, ImmutaTenant, ManagedPolicies } from '../src';
import { addPacks, Finding, formatFindings } from './support/nag-packs';

const KEY_ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

interface Options {
  readonly handler: HandlerFunctionOptions;
  readonly alarmTopic?: sns.ITopic;
  readonly encryptionKey?: kms.IKey;
  readonly rotation?: Schedule;
}

/** The options that the acknowledgements name. */
function defineOptions(stack: Stack): Options {
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', KEY_ARN);
  const alarmTopic = sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:111122223333:failures');
  return {
    handler: {
      vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-1', availabilityZones: ['us-east-1a'], privateSubnetIds: ['subnet-1'],
      }),
      logGroup: new logs.LogGroup(stack, 'Log', { encryptionKey, removalPolicy: RemovalPolicy.DESTROY }),
      onFailure: new destinations.SnsDestination(alarmTopic),
      reservedConcurrentExecutions: 10,
    },
    alarmTopic,
    encryptionKey,
    rotation: Schedule.rate(Duration.days(90)),
  };
}

/** Returns what cdk-nag reports without the acknowledgements. */
function findAll(optionsOf: (stack: Stack) => Options, prepare = (_app: App) => {}): string[] {
  const app = new App();
  const stack = newStack({ env: ENV }, app);
  const { handler, alarmTopic, encryptionKey, rotation } = optionsOf(stack);
  const tenant = new ImmutaTenant(stack, 'Immuta', {
    url: URL_OF_TENANT, apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'immuta/api-key'), ...handler,
  });
  tenant.addHealthCheck({ alarmTopic });
  newIntegration(stack, 'Roles', { tenant });
  newIntegration(stack, 'Keys', {
    tenant, authentication: ImmutaAuthentication.managedAccessKey({ encryptionKey, rotation }),
  });
  prepare(app);
  for (const child of app.node.findAll().filter((each): each is CfnResource => CfnResource.isCfnResource(each))) {
    delete child.cfnOptions.metadata?.cdk_nag;
  }
  const findings: Finding[] = addPacks(app);
  app.synth();
  return formatFindings(findings).filter((each) => !each.includes('AwsSolutions-IAM5['));
}

/** Rules that no option satisfies. */
const REMAINING = [
  'Immuta/Handler/Resource: LambdaDLQ', // the rule accepts no destination
  'Keys/ManagedAccessKey/ImmutaPolicy/Resource: IAMUserNoPolicies',
  'Keys/ManagedAccessKey/User/Resource: IAMUserGroupMembership',
];

test('cdk-nag reports a rule for each option that is not set', () => {
  expect(findAll(() => ({ handler: {} }))).toEqual([
    ...REMAINING,
    'Immuta/Handler/Resource: LambdaConcurrency',
    'Immuta/Handler/Resource: LambdaInsideVPC',
    'Immuta/HandlerRole/Resource: IAMNoInlinePolicy',
    'Immuta/HealthCheck/Alarm/Resource: CloudWatchAlarmAction',
    'Immuta/HealthCheck/Role/Resource: IAMNoInlinePolicy',
    'Immuta/LogGroup/Resource: CloudWatchLogGroupEncrypted',
    'Immuta/SelfInvokePolicy/Resource: IAMNoInlinePolicy',
    'Keys/AccessKeySecret: AwsSolutions-SMG4',
    'Keys/AccessKeySecret: SecretsManagerRotationEnabled',
    'Keys/AccessKeySecret: SecretsManagerUsingKMSKey',
    'Keys/LocationRole/Resource: IAMNoInlinePolicy',
    'Roles/ImmutaRole/Resource: IAMNoInlinePolicy',
    'Roles/LocationRole/Resource: IAMNoInlinePolicy',
  ].sort());
});

test('cdk-nag reports no rule whose option is set', () => {
  expect(findAll(defineOptions, (app) => Aspects.of(app).add(new ManagedPolicies()))).toEqual([
    ...REMAINING,
    // they are managed policies in the template, and the rule looks at the class of the construct
    'Immuta/HandlerRole/DefaultPolicy/Resource: IAMNoInlinePolicy',
    'Immuta/SelfInvokePolicy/Resource: IAMNoInlinePolicy',
  ].sort());
});
