import { Token } from 'aws-cdk-lib';

/** What identifies an Identity Center instance and its identity store. */
export interface IdentityCenterIds {
  readonly instanceArn: string;
  readonly identityStoreId: string;
}

/** @param hasInstance Whether the user defined or imported an S3 Access Grants instance. The default one has no association. */
export function validateIdentityCenter(ids: IdentityCenterIds | undefined, hasInstance: boolean): string[] {
  if (!ids) {
    return [];
  }
  const problems = [];
  if (!hasInstance) {
    problems.push('\'identityCenter\' needs an instance of S3 Access Grants that is associated with Identity Center, which the default one is not: '
      + 'pass \'accessGrantsInstance: new AdoptingAccessGrantsInstance(this, …, { identityCenterInstanceArn })\', or an imported one');
  }
  problems.push(...validateIdentityCenterArn('identityCenter.instanceArn', ids.instanceArn));
  if (!Token.isUnresolved(ids.identityStoreId) && !/^(d-[0-9a-f]{10}|[0-9a-f-]{36})$/.test(ids.identityStoreId)) {
    problems.push(`'identityCenter.identityStoreId' must look like d-1234567890, got ${JSON.stringify(ids.identityStoreId)}: 'aws sso-admin list-instances' prints it`);
  }
  return problems;
}

/** Checks the form of an Identity Center instance's ARN. */
export function validateIdentityCenterArn(prop: string, arn?: string): string[] {
  if (arn === undefined || Token.isUnresolved(arn) || /^arn:[^:]+:sso:::instance\/(sso)?ins-[\w.-]+$/.test(arn)) {
    return [];
  }
  return [`'${prop}' must look like arn:aws:sso:::instance/ssoins-1111222233334444, got ${JSON.stringify(arn)}: 'aws sso-admin list-instances' prints it`];
}
