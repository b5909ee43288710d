import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { defineLocationRole } from './base-stack';
import type { Context } from './context';
import { createGrant, deleteLocation, registerLocation } from './locations';
import { defineProbeRole, defineProbes } from './probe';
import { PROPAGATION_MS } from './times';

/** How a role trusts S3 Access Grants. */
export interface Trust {
  readonly actions: readonly string[];
  readonly conditions?: iam.Conditions;
}

/**
 * Creates roles, and returns the IDs of those that S3 Access Grants can use: to register a location, and to give a
 * reader access to it.
 *
 * @param defineTrusts Returns how the roles trust, by their IDs
 * @throws Error if a reader gets no access for another reason
 */
export async function findUsableRoles(
  context: Context,
  label: string,
  defineTrusts: (stack: Stack) => Readonly<Record<string, Trust>>,
): Promise<string[]> {
  await context.base();
  const getScope = (id: string) => context.path(`${label}-${id}`.toLowerCase());
  const defineRoles = (stack: Stack) => {
    for (const [id, { actions, conditions }] of Object.entries(defineTrusts(stack))) {
      defineLocationRole(stack, id, actions, [], conditions);
    }
  };
  const defineReaders = (stack: Stack, readers: readonly string[]) => {
    const targets = readers.map((id) => [`${id}Reader`, { target: `${getScope(id)}*` }]);
    defineProbes(stack, Object.fromEntries(targets)).forEach((probe, index) =>
      new CfnOutput(stack, `${readers[index]}Access`, { value: probe.getAttString('Access') }));
  };

  const { outputs } = await context.deploy(label, (stack) => {
    defineRoles(stack);
    defineProbeRole(stack);
  });
  const locations = new Map<string, string>();
  for (const id of Object.keys(defineTrusts(new Stack()))) {
    const locationId = await registerLocation(context, getScope(id), outputs[`${id}Arn`]);
    if (locationId === undefined) continue;
    locations.set(id, locationId);
    await createGrant(context, locationId, { GranteeType: 'IAM', GranteeIdentifier: outputs.ProbeRoleArn });
  }
  await context.sleep(PROPAGATION_MS);
  const read = await context.deploy(label, (stack) => {
    defineRoles(stack);
    defineReaders(stack, [...locations.keys()]);
  });
  for (const [id, locationId] of locations) {
    await deleteLocation(context, locationId);
    context.state.remove('locations', getScope(id));
  }
  await context.destroy(label);

  const isUsable = (id: string) => {
    const access = read.outputs[`${id}Access`];
    if (access === 'granted') return true;
    if (/^StsNotAuthorized/.test(access)) return false;
    throw new Error(`a reader gets no access to a location: ${access ?? read.reason}`);
  };
  return [...locations.keys()].filter(isUsable);
}
