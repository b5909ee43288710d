import { Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { validateEncryptionKey } from './encryption-keys';
import { createProblem, Problem } from './problems';

/** IDs of an Identity Center instance and its identity store, and the key that encrypts it. */
export interface IdentityCenterIds {
  readonly instanceArn: string;
  readonly identityStoreId: string;
  readonly identityStoreAccount?: string;
  readonly encryptionKey?: kms.IKey;
}

/**
 * @param hasInstance Whether the user defined or imported an S3 Access Grants instance. The default one has no
 * association.
 */
export function validateIdentityCenter(ids: IdentityCenterIds | undefined, hasInstance: boolean): Problem[] {
  if (!ids) {
    return [];
  }
  const { instanceArn, identityStoreId } = ids;
  const isStoreId = Token.isUnresolved(identityStoreId) || /^(d-[0-9a-f]{10}|[0-9a-f-]{36})$/.test(identityStoreId);
  return [
    ...hasInstance ? [] : [createProblem('IDENTITY_CENTER_WITHOUT_INSTANCE')],
    ...validateIdentityCenterArn('identityCenter.instanceArn', instanceArn),
    ...isStoreId ? [] : [createProblem('IDENTITY_STORE_ID_INVALID', { got: JSON.stringify(identityStoreId) })],
    ...validateEncryptionKey('identityCenter.encryptionKey', ids.encryptionKey),
  ];
}

/** Checks the form of the ARN of an Identity Center instance. */
export function validateIdentityCenterArn(prop: string, arn?: string): Problem[] {
  if (arn === undefined || Token.isUnresolved(arn) || /^arn:[^:]+:sso:::instance\/(sso)?ins-[\w.-]+$/.test(arn)) {
    return [];
  }
  return [createProblem('IDENTITY_CENTER_ARN_INVALID', { prop, got: JSON.stringify(arn) })];
}
