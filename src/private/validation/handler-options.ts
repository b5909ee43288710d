import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { createProblem, Problem } from './problems';
import { HANDLER_VARIABLES } from '../../handler/contract';

/** Options of the function that are checked. */
export interface CheckedHandlerOptions {
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups?: ec2.ISecurityGroup[];
  readonly environment?: Record<string, string>;
  readonly runtime?: lambda.Runtime;
  readonly caCertificates?: object;
  readonly proxy?: object;
}

/** Node.js 22 in Lambda accepts CA certificates and proxies at run time. */
const OLDEST_WITH_NETWORK_OPTIONS = 22;

/** Variables that a user cannot set: those of the library, and one that would turn off the checks of certificates. */
const RESERVED_VARIABLES: string[] = [...HANDLER_VARIABLES, 'NODE_TLS_REJECT_UNAUTHORIZED'];

/** Checks the options of the function. */
export function validateHandlerOptions(options: CheckedHandlerOptions): Problem[] {
  return [
    ...validateNetwork(options),
    ...validateEnvironmentVariables(options),
    ...validateRuntime(options),
  ];
}

/** Checks that the function is in a VPC, for a property that needs one. */
export function validateVpc(prop: string, isInVpc: boolean): Problem[] {
  return isInVpc ? [] : [createProblem('VPC_MISSING', { prop })];
}

function validateNetwork({ vpc, vpcSubnets, securityGroups }: CheckedHandlerOptions): Problem[] {
  return Object.entries({ vpcSubnets, securityGroups })
    .flatMap(([prop, value]) => value === undefined ? [] : validateVpc(prop, vpc !== undefined));
}

function validateEnvironmentVariables({ environment = {} }: CheckedHandlerOptions): Problem[] {
  return Object.keys(environment)
    .filter((name) => RESERVED_VARIABLES.includes(name))
    .map((name) => createProblem('ENVIRONMENT_VARIABLE_RESERVED', { name }));
}

function validateRuntime({ runtime, caCertificates, proxy }: CheckedHandlerOptions): Problem[] {
  if (runtime === undefined) {
    return [];
  }
  if (runtime.family !== lambda.RuntimeFamily.NODEJS) {
    return [createProblem('RUNTIME_NOT_NODEJS', { got: runtime.name })];
  }
  const version = Number(/^nodejs(\d+)/.exec(runtime.name)?.[1] ?? OLDEST_WITH_NETWORK_OPTIONS);
  const isTooOld = version < OLDEST_WITH_NETWORK_OPTIONS;
  return Object.entries({ caCertificates, proxy })
    .filter(([, value]) => value !== undefined && isTooOld)
    .map(([prop]) => createProblem('RUNTIME_TOO_OLD', { prop, got: runtime.name }));
}
