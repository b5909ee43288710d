import { CfnResource, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Dependable, IConstruct, IDependable } from 'constructs';

/** Types of resources without which a function in a VPC may not reach anything. */
const NETWORK_TYPES = new Set([
  'EIP', 'EgressOnlyInternetGateway', 'InternetGateway', 'NatGateway', 'NetworkAclEntry', 'Route', 'SecurityGroup',
  'SecurityGroupEgress', 'SecurityGroupIngress', 'SubnetNetworkAclAssociation', 'SubnetRouteTableAssociation',
  'TransitGatewayAttachment', 'TransitGatewayRoute', 'TransitGatewayVpcAttachment', 'VPCEndpoint',
  'VPCGatewayAttachment', 'VPCPeeringConnection', 'VPNGatewayRoutePropagation',
].map((type) => `AWS::EC2::${type}`));

/**
 * Lets the custom resources of a function depend on the network of its stack: they are created after it, and deleted
 * before it.
 *
 * They depend on the function's configuration of asynchronous invocation, which depends on the network. The function
 * itself does not, because the policy of an endpoint can name it.
 */
export function dependOnNetwork(handler: lambda.Function): void {
  const config = handler.node.findChild('EventInvokeConfig');
  config.node.addDependency(createNetworkDependency(Stack.of(handler)));
}

/** The resources are found at the end of the synthesis, because rules and endpoints can be added until then. */
function createNetworkDependency(stack: Stack): IDependable {
  const network = {};
  Dependable.implement(network, {
    get dependencyRoots() {
      return stack.node.findAll().filter((child) => isNetworkResource(child) && Stack.of(child) === stack);
    },
  });
  return network;
}

function isNetworkResource(child: IConstruct): boolean {
  return CfnResource.isCfnResource(child) && NETWORK_TYPES.has(child.cfnResourceType);
}
