import { CfnResource } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { acknowledge } from './acknowledge';

const HIPAA = 'HIPAA.Security';
const NIST = 'NIST.800.53.R5';
const PCI = 'PCI.DSS.321';

interface Rule {
  /** Its ID in each pack that has it. */
  readonly ids: string[];
  /** The option that satisfies it. */
  readonly reason: string;
}

function defineRule(name: string, packs: string[], reason: string): Rule {
  return { ids: packs.map((pack) => `${pack}-${name}`), reason };
}

const DEDICATED_USER = "the user serves one integration alone. 'assumeRole' of 'ImmutaAuthentication' needs no user";

/** The rules that the resources of the library satisfy with an option. */
const RULES = {
  alarmAction: defineRule('CloudWatchAlarmAction', [HIPAA, NIST], "'alarmTopic' of the health check adds actions"),
  encryptedLogGroup: defineRule(
    'CloudWatchLogGroupEncrypted', [HIPAA, NIST, PCI], "'logGroup' can be a log group with an 'encryptionKey'",
  ),
  encryptedSecret: defineRule(
    'SecretsManagerUsingKMSKey', [HIPAA, NIST, PCI], "'encryptionKey' of 'managedAccessKey' sets the key",
  ),
  failureDestination: defineRule('LambdaDLQ', [HIPAA, NIST], "'onFailure' sends failed events to a destination"),
  managedPolicies: defineRule(
    'IAMNoInlinePolicy', [HIPAA, NIST, PCI], "the Aspect 'ManagedPolicies' turns inline policies into managed ones",
  ),
  reservedConcurrency: defineRule('LambdaConcurrency', [HIPAA, NIST], "'reservedConcurrentExecutions' sets the limit"),
  rotatedSecret: {
    ids: ['AwsSolutions-SMG4', ...[HIPAA, NIST].map((pack) => `${pack}-SecretsManagerRotationEnabled`)],
    reason: "the access key is rotated on a schedule with 'rotation' of 'managedAccessKey'",
  },
  userGroup: defineRule('IAMUserGroupMembership', [HIPAA, NIST, PCI], DEDICATED_USER),
  userPolicies: defineRule('IAMUserNoPolicies', [HIPAA, NIST, PCI], DEDICATED_USER),
  vpc: defineRule('LambdaInsideVPC', [HIPAA, NIST, PCI], "'vpc' runs the function in a VPC"),
} satisfies Record<string, Rule>;

type RuleName = keyof typeof RULES;

/** Acknowledges the rules of cdk-nag whose options are not set. */
export function acknowledgeUnset(construct: IConstruct, options: { readonly [name in RuleName]?: unknown }): void {
  const names = (Object.keys(options) as RuleName[]).filter((name) => options[name] === undefined);
  acknowledgeRules(construct, ...names);
}

/** Acknowledges rules of cdk-nag, with the options that satisfy them. */
export function acknowledgeRules(construct: IConstruct, ...names: RuleName[]): void {
  const resource = CfnResource.isCfnResource(construct) ? construct : construct.node.defaultChild;
  const rules = names.flatMap((name) => RULES[name].ids.map((id) => ({ id, reason: RULES[name].reason })));
  // `Role.customizeRoles` creates roles without a resource.
  if (resource && rules.length > 0) {
    acknowledge(resource as CfnResource, () => rules);
  }
}
