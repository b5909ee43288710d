import { beginAssociation, isEnded, tryToDissociate } from '../association';
import { defineLocationRole } from '../base-stack';
import { Experiment } from '../experiment';
import { isAssociated } from '../instance';
import { createGrant, deleteGrants, deleteLocation, registerLocation } from '../locations';
import { LONGEST_PROPAGATION_MS, PROPAGATION_MS, READ_LAG_MS } from '../times';

const LABEL = 'AssociationEnd';

/** A refusal counts only if it lasts for a minute, and S3 ends the association once the grant is deleted. */
export const associationEnd: Experiment = {
  id: 'association-end',
  question: 'Does S3 end an association with Identity Center while a group there has a grant?',
  expected: { 'aws.accessGrants.endsAssociationWithGrants': true },
  needs: ['identityCenter', 'directoryGroup'],
  async run(context) {
    await beginAssociation(context);
    const { outputs } = await context.deploy(LABEL, (stack) => {
      // AWS says that an instance with Identity Center needs the last one.
      defineLocationRole(stack, 'LocationRole', ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:SetContext']);
    });
    const isShown = await context.poll(async () => (await isAssociated(context.aws)) || undefined);
    if (!isShown) throw new Error('the association does not show');
    const scope = context.path('association-end');
    const locationId = await registerLocation(context, scope, outputs.LocationRoleArn);
    if (locationId === undefined) throw new Error('S3 Access Grants does not take the role');
    context.state.add('grants', scope);
    await createGrant(context, locationId, {
      GranteeType: 'DIRECTORY_GROUP',
      GranteeIdentifier: context.options.directoryGroup!,
    });
    await context.sleep(READ_LAG_MS);

    const refusal = await tryToDissociate(context, PROPAGATION_MS);
    const hasEnded = !refusal && await isEnded(context);
    await deleteGrants(context, locationId);
    if (!hasEnded) {
      const next = await tryToDissociate(context, LONGEST_PROPAGATION_MS);
      if (!await isEnded(context)) {
        throw new Error(`S3 does not end the association without the grant, either: ${next?.message ?? 'it shows'}`);
      }
    }
    await deleteLocation(context, locationId);
    context.state.remove('grants', scope);
    context.state.remove('locations', scope);
    await context.destroy(LABEL);
    return { 'aws.accessGrants.endsAssociationWithGrants': refusal ? false : hasEnded || undefined };
  },
};
