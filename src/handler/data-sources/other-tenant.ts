import { DataSourcesContext } from './context';
import { DataSourcesRequest } from './request';
import { createFailure } from '../failure';

/**
 * Leaves out what was before in another tenant: there, an integration of another owner may have the same ID, and data
 * sources with the same names.
 *
 * @throws Failure if something is to be done in another tenant than the one that the function calls
 */
export function limitToCalledTenant(
  { calledUrl }: DataSourcesContext,
  request: DataSourcesRequest,
): DataSourcesRequest {
  const { desired, previous, previousTenantUrl, tenantUrl } = request;
  const isOther = (url?: string) => url !== undefined && url !== calledUrl;
  const isKept = ({ name, prefix }: { readonly name: string; readonly prefix: string }) =>
    desired.list.some((each) => each.name === name && each.prefix === prefix);
  const mustRemoveThere = isOther(previousTenantUrl) && !previous.list.every(isKept);
  if (isOther(tenantUrl) || mustRemoveThere) {
    const home = (isOther(tenantUrl) ? tenantUrl : previousTenantUrl)!;
    throw createFailure('DATA_SOURCES_IN_OTHER_TENANT', { home, called: calledUrl });
  }
  return isOther(previousTenantUrl) ? { ...request, previous: { ...previous, list: [] } } : request;
}
