import { CfnOutput } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Experiment } from '../experiment';
import { buildConfig, deleteIntegration, postIntegration } from '../integrations';

const ROLES = { none: 'WithoutExternalId', sent: 'WithExternalId' } as const;

/** Two roles without permissions: one refuses an external ID, the other one requires any. */
export const principal: Experiment = {
  id: 'principal',
  question: 'Does Immuta come as the principal of `--principal`, and does it send an external ID?',
  expected: { 'immuta.identity.externalId': null },
  async run(context) {
    const { outputs } = await context.deploy('Principal', (stack) => {
      for (const [id, isAbsent] of [[ROLES.none, 'true'], [ROLES.sent, 'false']]) {
        const conditions = { Null: { 'sts:ExternalId': isAbsent } };
        const assumedBy = new iam.ArnPrincipal(context.options.principal).withConditions(conditions);
        new CfnOutput(stack, `${id}Arn`, { value: new iam.Role(stack, id, { assumedBy }).roleArn });
      }
    });
    const canAssume = async (id: string) => {
      const config = await buildConfig(context, 'principal', { awsRoleToAssume: outputs[`${id}Arn`] });
      const { status, body } = await postIntegration(context, config);
      if (status < 300) await deleteIntegration(context, body.id);
      const tests: any[] = body?.validationResults?.validationTests ?? [];
      return tests.find(({ name }) => /caller's identity/.test(name))?.status === 'passed';
    };
    const found = await context.poll(async () => {
      if (await canAssume(ROLES.none)) return { 'immuta.identity.externalId': null };
      if (await canAssume(ROLES.sent)) return { 'immuta.identity.externalId': 'sent' };
      return undefined;
    }, { everyMs: 15_000, timeoutMs: 180_000 });
    if (!found) throw new Error('Immuta assumed neither role. It comes as another principal, or names no tests');
    return found;
  },
};
