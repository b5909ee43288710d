import { Job } from './job';

/**
 * @throws if the integration is not found because the `url` of its tenant was changed: the function calls one tenant, and the integration
 * is still in the other, as its location shows. That location must not be taken for one that was left over.
 */
export async function refuseInOtherTenant({ calledUrl, oldProperties, properties, registeredLocation }: Job): Promise<void> {
  const home = [oldProperties, properties].map(({ TenantUrl }) => TenantUrl).find((url) => url && url !== calledUrl);
  if (!home) {
    return;
  }
  const registered = await registeredLocation();
  if (registered && [oldProperties, properties].some(({ LocationRoleArn }) => LocationRoleArn === registered.roleArn)) {
    throw new Error(`the integration is in the tenant ${home}, and the function of its ImmutaTenant calls ${calledUrl}, where it is not: deploy the ImmutaTenant with the 'url' `
      + 'that it had, and then repeat this; a path goes to another tenant in two deployments, one that removes the integration and one that adds it with the other tenant');
  }
}
