import {
  CreateAccessGrantCommand, DeleteAccessGrantCommand, ListAccessGrantsLocationsCommand,
} from '@aws-sdk/client-s3-control';
import { Context } from '../context';
import { Experiment } from '../experiment';
import { defineIntegration } from '../library-stack';

const LOCATION = 'aws.s3Control.hasScopeKeys.location';
const GRANT = 'aws.s3Control.hasScopeKeys.grant';

/** Immuta registers the location, and deletes the grant in it with the integration. Both have a condition. */
export const scopeKeys: Experiment = {
  id: 'scope-keys',
  question: 'Do `s3:AccessGrantsLocationScope` and `s3:AccessGrantScope` have the scopes as values?',
  expected: { [LOCATION]: true, [GRANT]: true },
  async run(context) {
    await context.base();
    const deploy = async (label: string, restrictScope: boolean) => {
      const { status, outputs } = await context.deploy(label, (stack) => {
        defineIntegration(stack, context, label.toLowerCase(), { restrictScope, restrictPassRole: false });
      });
      return status === 'CREATE_COMPLETE' ? outputs : undefined;
    };
    if (!await deploy('ScopeKeys', true)) {
      await context.destroy('ScopeKeys');
      const isOther = await deploy('AnyScope', false);
      await context.destroy('AnyScope');
      if (isOther) return { [LOCATION]: false };
      throw new Error('the deployment fails without the conditions, too');
    }
    const grantId = await createGrant(context, context.path('scopekeys'));
    const { status } = await context.destroy('ScopeKeys');
    if (status === 'DELETE_COMPLETE') return { [LOCATION]: true, [GRANT]: true };
    await context.aws.s3Control.send(
      new DeleteAccessGrantCommand({ AccountId: context.aws.accountId, AccessGrantId: grantId }),
    );
    await context.destroy('ScopeKeys');
    return { [LOCATION]: true, [GRANT]: false };
  },
};

/** Grants a role of the kit access to a location. */
async function createGrant(context: Context, scope: string): Promise<string> {
  const { s3Control, accountId: AccountId } = context.aws;
  const { AccessGrantsLocationsList: [location] = [] } = await s3Control.send(
    new ListAccessGrantsLocationsCommand({ AccountId, LocationScope: scope }),
  );
  const { AccessGrantId } = await s3Control.send(new CreateAccessGrantCommand({
    AccountId,
    AccessGrantsLocationId: location.AccessGrantsLocationId,
    AccessGrantsLocationConfiguration: { S3SubPrefix: '*' },
    Grantee: { GranteeType: 'IAM', GranteeIdentifier: (await context.base()).otherImmutaRole },
    Permission: 'READ',
  }));
  return AccessGrantId!;
}
