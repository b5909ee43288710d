import { ENV_SECURITY_GROUP_IDS } from './contract';
import { Environment } from './runtime/environment';

/** Names what may be in the way of a request of the function, for a failure. */
export function describeNetworkPath(environment: Environment = process.env): string {
  const securityGroupIds = environment[ENV_SECURITY_GROUP_IDS];
  return securityGroupIds
    ? `VPC endpoint or NAT gateway, security group ${securityGroupIds.replaceAll(',', ', ')}`
    : 'VPC endpoint, NAT gateway, security group';
}
