import { Experiment } from '../experiment';
import { createIntegration, deleteIntegration, getIntegration } from '../integrations';
import { deleteLocation, findLocations, registerLocation } from '../locations';
import { READ_LAG_MS } from '../times';

/** S3 gets a location of its own: Immuta may register one without the slash. */
export const lastSlash: Experiment = {
  id: 'last-slash',
  question: 'Do Immuta and S3 Access Grants keep the last slash of a prefix?',
  expected: { 'immuta.switches.keepsLastSlash': true, 'aws.accessGrants.keepsLastSlash': true },
  async run(context) {
    const { id } = await createIntegration(context, 'last-slash');
    const { body } = await getIntegration(context, id);
    await deleteIntegration(context, id);

    const scope = context.path('last-slash-location');
    const locationId = await registerLocation(context, scope, (await context.base()).locationRole);
    if (locationId === undefined) throw new Error('S3 Access Grants registered no location');
    const location = await context.poll(async () => (await findLocations(context, scope))[0], {
      timeoutMs: READ_LAG_MS,
    });
    await deleteLocation(context, locationId);
    context.state.remove('locations', scope);
    const hasSlash = (path: string) => /\/\*?$/.test(path);
    return {
      'immuta.switches.keepsLastSlash': hasSlash(body.config.awsLocationPath),
      ...location ? { 'aws.accessGrants.keepsLastSlash': hasSlash(location.LocationScope!) } : {},
    };
  },
};
