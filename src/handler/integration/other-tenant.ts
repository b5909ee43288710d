import { IntegrationContext } from './context';
import { IntegrationRequest } from './request';
import { createFailure } from '../failure';
import { isOtherTenant } from '../runtime/tenant-url';

type Tenants = Pick<IntegrationRequest, 'previous' | 'tenantUrl'>;

/**
 * Whether the ID of the integration is one in the tenant that the function calls. In another tenant, it may be that of
 * another owner's integration.
 */
export function isInCalledTenant({ calledUrl }: IntegrationContext, request: Tenants): boolean {
  return findOtherTenant(calledUrl, request) === undefined;
}

/** Whether a role of the integration is registered on its path, so that the integration exists in some tenant. */
export async function isRegistered(
  { findRegisteredLocation }: IntegrationContext,
  { previous, locationRoleArn }: IntegrationRequest,
): Promise<boolean> {
  const registered = await findRegisteredLocation();
  return registered !== undefined && [previous?.locationRoleArn, locationRoleArn].includes(registered.roleArn);
}

/**
 * @throws Failure if the integration is not found because `url` of its tenant was changed: the function calls one
 * tenant, and the integration is still in the other one, as its location shows. That location must not count as a
 * leftover.
 */
export async function assertNotInOtherTenant(context: IntegrationContext, request: IntegrationRequest): Promise<void> {
  const { calledUrl: called } = context;
  const home = findOtherTenant(called, request);
  if (home && (await isRegistered(context, request))) {
    throw createFailure('INTEGRATION_IN_OTHER_TENANT', { home, called });
  }
}

function findOtherTenant(calledUrl: string, { previous, tenantUrl }: Tenants): string | undefined {
  return [previous?.tenantUrl, tenantUrl].find((url) => isOtherTenant(calledUrl, url));
}
