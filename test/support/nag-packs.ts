import { Aspects, Stage } from 'aws-cdk-lib';
import * as nag from 'cdk-nag-2';
import { IConstruct } from 'constructs';
import { shortPath } from '../governed-stack';

/** The packs whose rules every example follows, in cdk-nag 2 and 3. */
export const PACKS = ['AwsSolutionsChecks', 'HIPAASecurityChecks', 'NIST80053R5Checks', 'PCIDSS321Checks'] as const;

/** A finding of cdk-nag. */
export interface Finding {
  /** Path of the construct. */
  readonly path: string;
  /** The rule with its pack, such as `HIPAA.Security-LambdaDLQ`. */
  readonly rule: string;
}

/** Adds all packs of cdk-nag 2 to a scope. Returns the findings, which are known after the synthesis. */
export function addPacks(scope: IConstruct): Finding[] {
  const found: Finding[] = [];
  const add = ({ resource, ruleId }: nag.NagLoggerBaseData, detail: string) =>
    void found.push({ path: resource.node.path, rule: ruleId + (detail && `[${detail}]`) });
  const logger: nag.INagLogger = {
    onCompliance() {},
    onNotApplicable() {},
    onSuppressed() {},
    onSuppressedError() {},
    onNonCompliance: (data) => add(data, data.findingId),
    onError: (data) => add(data, data.errorMessage),
  };
  // an Aspect does not reach the stages below
  for (const each of [scope, ...scope.node.findAll().filter((child) => child !== scope && Stage.isStage(child))]) {
    PACKS.forEach((pack) => Aspects.of(each).add(new nag[pack]({ reports: false, additionalLoggers: [logger] })));
  }
  return found;
}

/** Formats findings without the packs that have the rule, except AwsSolutions. */
export function formatFindings(findings: Finding[]): string[] {
  const texts = findings.map(({ path, rule }) => `${shortPath(path)}: ${rule.replace(/^(?!AwsSolutions)[\w.]+-/, '')}`);
  return [...new Set(texts)].sort();
}

/** Findings about resources that an example defines itself, by topic, with the reasons. */
const OF_THE_USER: Record<string, Record<string, string>> = {
  'health': {
    'ImmutaHealth/Alarms/Resource: SNSEncryptedKMS': 'the messages contain metrics, and the key is up to the user',
  },
  'managed-access-key': {
    'ImmutaManagedAccessKey/RotationTopic/Resource: SNSEncryptedKMS': 'the messages contain no access key',
  },
  'private-network': {
    'ImmutaPrivateNetwork/Vpc/Resource: AwsSolutions-VPC7': 'the owner of the network decides on flow logs',
    'ImmutaPrivateNetwork/Vpc/Resource: VPCDefaultSecurityGroupClosed': 'no resource is in that group',
    'ImmutaPrivateNetwork/Vpc/Resource: VPCFlowLogsEnabled': 'the owner of the network decides on flow logs',
  },
  'whole-account': {
    'ImmutaWholeAccount/Analysts/Policy/Resource: IAMNoInlinePolicy': 'the CDK attaches a grant to a role of the user',
  },
};

/** Returns the findings that an example has and that do not concern the library. */
export function listFindingsOfUser(topic: string): string[] {
  return Object.keys(OF_THE_USER[topic] ?? {}).sort();
}
