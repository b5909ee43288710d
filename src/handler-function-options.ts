import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CaCertificates } from './ca-certificates';
import { HandlerProxy } from './handler-proxy';

/** Options for the function that handles the custom resources. */
export interface HandlerFunctionOptions {
  /**
   * The VPC that the function runs in.
   *
   * The function must reach the AWS services that it calls, the URL to which it sends its responses, and the Immuta
   * tenant. The custom resources depend on the routes, endpoints and security group rules that the stack defines, so
   * that the function can still reach them when the stack is deleted.
   *
   * @default - the function runs outside your VPCs, with access to the internet
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets that the function runs in. They must not be public, because Lambda gives the function no public IP
   * address.
   *
   * @default - the private subnets of the VPC
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the function. Rules that you add with `connections` change them.
   *
   * @default - a new security group that allows all outbound traffic
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The role of the function. It must be in the function's account and trust `lambda.amazonaws.com`.
   *
   * It gets inline policies. If it accepts none, a warning lists the statements that you must add to it, which
   * `handlerPolicyStatements` returns. They include those for `onFailure`.
   *
   * @default - a new role
   */
  readonly role?: iam.IRole;

  /**
   * The KMS key that encrypts the environment variables of the function. They contain no secrets.
   *
   * @default - a key that AWS owns
   */
  readonly environmentEncryption?: kms.IKey;

  /**
   * The log group of the function.
   *
   * @default - a new log group that keeps its events for three months
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * CA certificates that the function trusts in addition to those that its runtime trusts. Needs Node.js 22 or newer.
   *
   * @default - only the public CAs that the runtime trusts
   */
  readonly caCertificates?: CaCertificates;

  /**
   * The proxy through which the function reaches Immuta, AWS and the URL for its responses. Needs Node.js 22 or newer.
   *
   * @default - the function sends its requests directly
   */
  readonly proxy?: HandlerProxy;

  /**
   * Whether X-Ray traces the function.
   *
   * @default Tracing.DISABLED
   */
  readonly tracing?: lambda.Tracing;

  /**
   * The number of concurrent executions that are reserved for the function. An integration that waits for Immuta
   * occupies one.
   *
   * @default - none. The function uses the unreserved concurrency of the account
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * Where Lambda sends events that the function failed to handle. CloudFormation waits for the response of such an
   * event until it times out.
   *
   * @default - Lambda discards these events
   */
  readonly onFailure?: lambda.IDestination;

  /**
   * Layers of the function, such as those of a monitoring agent.
   *
   * @default - none
   */
  readonly layers?: lambda.ILayerVersion[];

  /**
   * Additional environment variables of the function. They must not contain secrets, because the template contains
   * them. The variables of the library cannot be set.
   *
   * @default - only the variables of the library
   */
  readonly environment?: { [name: string]: string };

  /**
   * The Node.js runtime of the function.
   *
   * @default - Node.js 24
   */
  readonly runtime?: lambda.Runtime;
}
