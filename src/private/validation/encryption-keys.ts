import { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IConstruct } from 'constructs';
import { createProblem, Problem } from './problems';
import { compareTokens } from '../tokens';

/**
 * Checks that a policy can name the key. A key that AWS manages, whose alias begins with `aws/`, needs no such policy.
 */
export function validateEncryptionKey(prop: string, key?: kms.IKey): Problem[] {
  return key instanceof kms.Alias || (key && /:alias\/(?!aws\/)/.test(key.keyArn))
    ? [createProblem('ENCRYPTION_KEY_ALIAS', { prop, alias: key.node.path })]
    : [];
}

/** Checks that the integration can name a key that the app defines: the CDK has no references to other accounts. */
export function validateKeyReference(integration: IConstruct, key: kms.IKey): Problem[] {
  const [here, there] = [Stack.of(integration).account, Stack.of(key).account];
  const isDefined = key.node.defaultChild !== undefined;
  return isDefined && compareTokens(here, there) === 'different'
    ? [createProblem('ENCRYPTION_KEY_IN_OTHER_ACCOUNT', { key: key.node.path, account: there })] : [];
}
