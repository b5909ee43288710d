import { IntegrationContext } from './context';
import { IntegrationRequest } from './request';
import { createFailure } from '../failure';

/**
 * @throws Failure if the integration is not found because `url` of its tenant was changed: the function calls one
 * tenant, and the integration is still in the other one, as its location shows. That location must not count as a
 * leftover.
 */
export async function assertNotInOtherTenant(
  { calledUrl, findRegisteredLocation }: IntegrationContext,
  request: IntegrationRequest,
): Promise<void> {
  const home = [request.previous?.tenantUrl, request.tenantUrl].find((url) => url && url !== calledUrl);
  if (!home) {
    return;
  }
  const registered = await findRegisteredLocation();
  if (registered && [request.previous?.locationRoleArn, request.locationRoleArn].includes(registered.roleArn)) {
    throw createFailure('INTEGRATION_IN_OTHER_TENANT', { home, called: calledUrl });
  }
}
