import * as kms from 'aws-cdk-lib/aws-kms';
import { createProblem, Problem } from './problems';

/**
 * Checks that a policy can name the key. A key that AWS manages, whose alias begins with `aws/`, needs no such policy.
 */
export function validateEncryptionKey(prop: string, key?: kms.IKey): Problem[] {
  return key instanceof kms.Alias || (key && /:alias\/(?!aws\/)/.test(key.keyArn))
    ? [createProblem('ENCRYPTION_KEY_ALIAS', { prop, alias: key.node.path })]
    : [];
}
