import { ImmutaAuthentication } from '../../src';
import { Experiment } from '../experiment';
import { getIntegration } from '../integrations';
import { defineIntegration } from '../library-stack';

const ACCESS_KEY_ID = /^[A-Z0-9]{16,128}$/;

export const maskedKeys: Experiment = {
  id: 'masked-keys',
  question: 'Does Immuta show the ID of an access key, mask it, or leave it out?',
  expected: { 'immuta.switches.masksKeys': false, 'immuta.switches.omitsKeys': false },
  async run(context) {
    await context.base();
    const { status, reason, outputs } = await context.deploy('MaskedKeys', (stack) => {
      defineIntegration(stack, context, 'masked-keys', { authentication: ImmutaAuthentication.managedAccessKey() });
    });
    if (status !== 'CREATE_COMPLETE') throw new Error(`an integration with an access key failed: ${status}: ${reason}`);
    const { body } = await getIntegration(context, outputs.IntegrationId);
    await context.destroy('MaskedKeys');
    const shown: string | undefined = body.config.awsAccessKeyId;
    return {
      'immuta.switches.masksKeys': shown !== undefined && !ACCESS_KEY_ID.test(shown),
      'immuta.switches.omitsKeys': shown === undefined,
    };
  },
};
