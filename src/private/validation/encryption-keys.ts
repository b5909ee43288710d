import * as kms from 'aws-cdk-lib/aws-kms';

/** Keys that a policy cannot name. */
export function validateEncryptionKeys(keys: kms.IKey[]): string[] {
  return keys.filter(({ keyArn }) => keyArn.includes(':alias/')).map(({ node }) => `'encryptionKeys' must be keys, got the alias '${node.path}': `
    + 'no policy matches the ARN of an alias, so import the key itself, with \'kms.Key.fromKeyArn\' or \'kms.Key.fromLookup\'');
}
