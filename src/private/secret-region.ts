import { Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { compare } from './environment';

/** A secret that the handler would look for in the wrong Region. */
export function secretRegionProblems(scope: Construct, prop: string, secret: secretsmanager.ISecret): string[] {
  const { region } = Stack.of(scope);
  return compare(secret.env.region, region) !== 'different' ? [] : [
    `'${prop}' (secret '${secret.node.path}') is in Region ${secret.env.region}, and it is read in ${region}: replicate the secret to ${region} and import the replica`,
  ];
}
