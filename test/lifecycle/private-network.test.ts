import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { INTEGRATION_TYPE, lake, leftovers, NOTHING, STACK_NAME, tenantOf, useSandbox } from './fixture';
import { INSTANCE_TYPE } from './instance/fixture';
import { AdoptingAccessGrantsInstance, ImmutaTenant } from '../../src';
import { SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();

/** A VPC with routes, NAT gateways, endpoints and rules that the function needs. */
function newVpc(stack: Stack): ec2.Vpc {
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, restrictDefaultSecurityGroup: false });
  vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
  return vpc;
}

function addEndpoint(stack: Stack, handler: ImmutaTenant | AdoptingAccessGrantsInstance): void {
  const vpc = stack.node.findChild('Vpc') as ec2.Vpc;
  const endpoint = vpc.addInterfaceEndpoint('Lambda', { service: ec2.InterfaceVpcEndpointAwsService.LAMBDA });
  endpoint.connections.allowDefaultPortFrom(handler);
}

/** What connects the function: its network, and the role with the permissions for its network interfaces. */
const CONNECTING =
  /Route$|NatGateway|EIP|VPCEndpoint|SecurityGroup|RouteTableAssociation|GatewayAttachment|Lambda::Function|IAM::/;

interface VpcStack {
  readonly name: string;
  readonly type: string;
  readonly define: () => Stack;
}

const STACKS: VpcStack[] = [
  {
    name: STACK_NAME,
    type: INTEGRATION_TYPE,
    define: () => lake(sandbox.current, {
      tenantOptions: (stack) => ({ vpc: newVpc(stack) }),
      and: (stack) => addEndpoint(stack, tenantOf(stack)),
    }),
  },
  {
    name: 'AccessGrants',
    type: INSTANCE_TYPE,
    define: () => {
      const stack = new Stack(new App(), 'AccessGrants', { env: SANDBOX_ENV });
      addEndpoint(stack, new AdoptingAccessGrantsInstance(stack, 'Instance', { vpc: newVpc(stack) }));
      return stack;
    },
  },
];

test.each(STACKS)(
  'deletes the $type before the network and the permissions that its function needs for that',
  async ({ name, type, define }) => {
    expect(await sandbox.current.deploy(define())).toMatchObject({ status: 'CREATE_COMPLETE' });

    const { events, status } = await sandbox.current.destroy(name);

    expect(status).toBe('DELETE_COMPLETE');
    const deletions = events.filter((each) => each.status === 'DELETE_IN_PROGRESS').map((each) => each.type);
    expect(deletions.filter((each) => CONNECTING.test(each)).length).toBeGreaterThan(15);
    const deleted = events.findIndex((each) => each.type === type && each.status === 'DELETE_COMPLETE');
    const earlier = events.slice(0, deleted).filter((each) => each.status === 'DELETE_IN_PROGRESS');
    expect(earlier.map((each) => each.type).filter((each) => CONNECTING.test(each))).toEqual([]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  },
);
