import { Context } from '../context';
import { Experiment } from '../experiment';
import { defineIntegration } from '../library-stack';
import { createGrant, deleteGrants, findLocations } from '../locations';
import { READ_LAG_MS } from '../times';

const LOCATION = 'aws.s3Control.hasScopeKeys.location';
const GRANT = 'aws.s3Control.hasScopeKeys.grant';

/** Immuta registers the location, and deletes the grant in it with the integration. Both have a condition. */
export const scopeKeys: Experiment = {
  id: 'scope-keys',
  question: 'Do `s3:AccessGrantsLocationScope` and `s3:AccessGrantScope` have the scopes as values?',
  expected: { [LOCATION]: true, [GRANT]: true },
  async run(context) {
    await context.base();
    const isDeployed = async (label: string, restrictScope: boolean) => {
      const { status } = await context.deploy(label, (stack) => {
        defineIntegration(stack, context, label.toLowerCase(), { restrictScope, restrictPassRole: false });
      });
      return status === 'CREATE_COMPLETE';
    };
    if (!await isDeployed('ScopeKeys', true)) {
      await context.destroy('ScopeKeys');
      if (!await isDeployed('AnyScope', false)) throw new Error('the deployment fails without the conditions, too');
      await context.destroy('AnyScope');
      if (await isDeployed('ScopeKeys', true)) throw new Error('the deployment fails only sometimes');
      return { [LOCATION]: false };
    }
    if (await isDestroyedWithGrant(context, 'ScopeKeys')) return { [LOCATION]: true, [GRANT]: true };
    // Immuta may keep a grant that it did not create. If so, the condition is not the cause.
    const isOther = await isDeployed('AnyScope', false) && await isDestroyedWithGrant(context, 'AnyScope');
    return isOther ? { [LOCATION]: true, [GRANT]: false } : { [LOCATION]: true };
  },
};

/** Whether a stack can be destroyed after a grant was created in its location. It is destroyed anyway. */
async function isDestroyedWithGrant(context: Context, label: string): Promise<boolean> {
  const scope = context.path(label.toLowerCase());
  context.state.add('grants', scope);
  const location = await context.poll(async () => (await findLocations(context, scope))[0], { timeoutMs: READ_LAG_MS });
  if (!location) throw new Error('S3 Access Grants shows no location of the integration');
  const locationId = location.AccessGrantsLocationId!;
  await createGrant(context, locationId, {
    GranteeType: 'IAM',
    GranteeIdentifier: (await context.base()).otherImmutaRole,
  });
  const { status } = await context.destroy(label);
  if (status !== 'DELETE_COMPLETE') {
    await deleteGrants(context, locationId);
    await context.destroy(label);
  }
  context.state.remove('grants', scope);
  return status === 'DELETE_COMPLETE';
}
