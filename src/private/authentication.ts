import * as iam from 'aws-cdk-lib/aws-iam';
import { IDependable } from 'constructs';
import { IntegrationProperties } from '../handler/contract';
import { IImmutaTenant } from '../immuta-tenant';

/** The policy by which the handler reads an access key: it goes with the integration even if the rest is retained. */
export const ACCESS_KEY_POLICY_ID = 'AccessKeyPolicy';

/** What an integration asks of its authentication. */
export interface AuthenticationContext {
  readonly tenant: IImmutaTenant;
  /** What Immuta's principal needs. */
  readonly statements: iam.PolicyStatement[];
}

/** What an integration learns of its authentication. */
export interface BoundAuthentication {
  readonly role?: iam.IRole;
  /** ARN of the principal that Immuta uses. */
  readonly principalArn: string;
  /** What Immuta cannot work without, which a Delete needs as well. */
  readonly dependencies: IDependable[];
  readonly properties: Pick<IntegrationProperties,
  'AuthenticationType' | 'RoleToAssumeArn' | 'AccessKeySecretArn' | 'AccessKeyIdField' | 'SecretAccessKeyField'>;
}
