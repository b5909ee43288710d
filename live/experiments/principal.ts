import { defineImmutaRole } from '../base-stack';
import { Experiment } from '../experiment';
import { createIntegration, deleteIntegration, getIntegration, putIntegration, requireSuccess } from '../integrations';
import { LONGEST_PROPAGATION_MS } from '../times';

const ROLES = { none: 'WithoutExternalId', sent: 'WithExternalId' } as const;

/**
 * An integration gets the one role, then the other one: one refuses an external ID, the other one requires any. Immuta
 * rolls back a failed edit, so that the integration can be deleted. One that was created with the wrong role cannot.
 */
export const principal: Experiment = {
  id: 'principal',
  question: 'Does Immuta come as the principal of `--principal`, and does it send an external ID?',
  expected: { 'immuta.identity.externalId': null },
  async run(context) {
    const { locationRole } = await context.base();
    const integration = await createIntegration(context, 'principal');
    const { outputs } = await context.deploy('Principal', (stack) => {
      for (const [id, isAbsent] of [[ROLES.none, 'true'], [ROLES.sent, 'false']]) {
        const conditions = { Null: { 'sts:ExternalId': isAbsent } };
        defineImmutaRole(stack, id, context, { locationRoleArns: [locationRole], conditions });
      }
    });
    const canAssume = async (id: string) => {
      const awsRoleToAssume = outputs[`${id}Arn`];
      const reply = await putIntegration(context, integration.id, { ...integration.config, awsRoleToAssume });
      if (reply.status === 422) return false;
      requireSuccess(reply);
      const end = await context.poll(async () => {
        const { status, body } = await getIntegration(context, integration.id);
        if (status !== 200 || /ing$/.test(body.status)) return undefined;
        return body.config.awsRoleToAssume === awsRoleToAssume || body.status !== 'enabled' ? body.status : undefined;
      }, { timeoutMs: LONGEST_PROPAGATION_MS });
      return end === 'enabled';
    };
    const found = await context.poll(async () => {
      if (await canAssume(ROLES.none)) return { 'immuta.identity.externalId': null };
      if (await canAssume(ROLES.sent)) return { 'immuta.identity.externalId': 'sent' };
      return undefined;
    }, { everyMs: 15_000, timeoutMs: LONGEST_PROPAGATION_MS });
    await deleteIntegration(context, integration.id);
    if (!found) throw new Error('Immuta assumed neither role');
    return found;
  },
};
