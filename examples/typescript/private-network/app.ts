import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, ArnPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location,
} from 'cdk-immuta-s3-integration';

const app = new App();

/** Reads a setting from the context: `cdk deploy -c immutaUrl=https://…`. */
function setting(name: string): string {
  const value = app.node.tryGetContext(name);
  if (!value) throw new Error(`'${name}' must be set: pass -c ${name}=…`);
  return value;
}

const stack = new Stack(app, 'ImmutaPrivateNetwork');

// no internet gateway and no NAT gateway
const vpc = new ec2.Vpc(stack, 'Vpc', {
  maxAzs: 2,
  natGateways: 0,
  subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
});

const apiKey = Secret.fromSecretNameV2(stack, 'ApiKey', setting('apiKeySecretName'));
const immuta = new ImmutaTenant(stack, 'Immuta', { url: setting('immutaUrl'), apiKey, vpc });
const accessGrantsInstance = new AccessGrantsInstance(stack, 'AccessGrants');

new ImmutaS3Integration(stack, 'Lake', {
  tenant: immuta,
  location: S3Location.bucket(Bucket.fromBucketName(stack, 'Bucket', setting('bucketName'))),
  authentication: ImmutaAuthentication.assumeRole({
    principal: new ArnPrincipal(setting('immutaPrincipalArn')),
    externalId: app.node.tryGetContext('externalId'),
  }),
  accessGrantsInstance,
});

/** Adds an endpoint that only the function can reach. */
function addEndpoint(id: string, service: ec2.IInterfaceVpcEndpointService): ec2.InterfaceVpcEndpoint {
  const endpoint = vpc.addInterfaceEndpoint(id, { service, open: false, privateDnsEnabled: true });
  endpoint.connections.allowDefaultPortFrom(immuta);
  return endpoint;
}

/** Lets the function, and no other principal, call these actions through an endpoint. */
function allow(endpoint: ec2.InterfaceVpcEndpoint, actions: string[], resource: string): void {
  const principals = [new ArnPrincipal(immuta.handlerRole!.roleArn)];
  endpoint.addToPolicy(new PolicyStatement({ principals, actions, resources: [resource] }));
}

// Immuta's private networking: Immuta names its endpoint service, and accepts the connection
addEndpoint('ImmutaEndpoint', new ec2.InterfaceVpcEndpointService(setting('immutaEndpointService'), 443));

const secretsManager = addEndpoint('SecretsManager', ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER);
allow(secretsManager, ['secretsmanager:GetSecretValue'], `${apiKey.secretArn}-??????`);

// the function continues in another invocation if an operation takes longer than 8 minutes
allow(addEndpoint('Lambda', ec2.InterfaceVpcEndpointAwsService.LAMBDA), ['lambda:InvokeFunction'], immuta.handlerArn);

const cloudFormation = addEndpoint('CloudFormation', ec2.InterfaceVpcEndpointAwsService.CLOUDFORMATION);
const describe = ['cloudformation:DescribeStackResource', 'cloudformation:DescribeStacks'];
allow(cloudFormation, describe, stack.stackId);

const s3 = addEndpoint('S3', ec2.InterfaceVpcEndpointAwsService.S3);
allow(s3, ['s3:ListAccessGrantsLocations'], accessGrantsInstance.accessGrantsInstanceArn);
// without it, EC2 gives the private names to resolvers outside the VPC only
(s3.node.defaultChild as ec2.CfnVPCEndpoint).addPropertyOverride(
  'DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint', 'AllResolvers',
);

// CloudFormation signs the URL to which the function sends its responses, so the principal is not the function's role
const respond = new PolicyStatement({
  principals: [new AnyPrincipal()],
  actions: ['s3:PutObject'],
  resources: [`arn:${stack.partition}:s3:::cloudformation-custom-resource-response-*/*`],
});
s3.addToPolicy(respond);
// costs nothing, and covers the names of S3 that the other endpoint does not resolve
vpc.addGatewayEndpoint('S3Gateway', { service: ec2.GatewayVpcEndpointAwsService.S3 }).addToPolicy(respond);
