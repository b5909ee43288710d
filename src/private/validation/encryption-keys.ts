import * as kms from 'aws-cdk-lib/aws-kms';
import { createProblem, Problem } from './problems';

/** Checks that a policy can name the keys. */
export function validateEncryptionKeys(keys: kms.IKey[]): Problem[] {
  return keys
    .filter(({ keyArn }) => keyArn.includes(':alias/'))
    .map(({ node }) => createProblem('ENCRYPTION_KEY_ALIAS', { alias: node.path }));
}
