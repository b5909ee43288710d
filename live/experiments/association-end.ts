import { beginAssociation, endAssociation, waitForAssociation } from '../association';
import type { Context } from '../context';
import { Experiment } from '../experiment';
import { createGrant, deleteLocation, registerLocation } from '../locations';
import { LONGEST_PROPAGATION_MS } from '../times';

/** A refusal counts only if S3 ends the association once the grant is deleted. */
export const associationEnd: Experiment = {
  id: 'association-end',
  question: 'Does S3 end an association with Identity Center while a group there has a grant?',
  expected: { 'aws.accessGrants.endsAssociationWithGrants': true },
  needs: ['identityCenter', 'directoryGroup'],
  async run(context) {
    await beginAssociation(context);
    await waitForAssociation(context, true);
    const scope = context.path('association-end');
    const locationId = await registerLocation(context, scope, (await context.base()).locationRole);
    if (locationId === undefined) throw new Error('S3 Access Grants does not take the role');
    context.state.add('grants', scope);
    await createGrant(context, locationId, {
      GranteeType: 'DIRECTORY_GROUP',
      GranteeIdentifier: context.options.directoryGroup!,
    });

    const refusal = await tryToEnd(context);
    if (!refusal) await waitForAssociation(context, false);
    await deleteLocation(context, locationId);
    context.state.remove('grants', scope);
    context.state.remove('locations', scope);
    if (refusal) await endWithoutGrant(context);
    return { 'aws.accessGrants.endsAssociationWithGrants': !refusal };
  },
};

async function endWithoutGrant(context: Context): Promise<void> {
  let refusal: Error | undefined;
  await context.poll(async () => {
    refusal = await tryToEnd(context);
    return refusal ? undefined : true;
  }, { everyMs: 10_000, timeoutMs: LONGEST_PROPAGATION_MS });
  if (refusal) throw new Error(`S3 does not end the association without the grant, either: ${refusal.message}`);
}

/** Returns why S3 refuses to end the association. Undefined if it does not. */
async function tryToEnd(context: Context): Promise<Error | undefined> {
  try {
    await endAssociation(context);
    return undefined;
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 400 || status === 409) return error as Error;
    throw error;
  }
}
