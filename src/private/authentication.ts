import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IConstruct, IDependable } from 'constructs';
import { IntegrationProperties } from '../handler/contract';
import { IImmutaTenant } from '../interfaces';

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
  /** What the handler needs: it goes with the integration even if the rest is retained, since IAM deletes no role that still has a policy. */
  readonly ofHandler?: IConstruct;
  /** A policy that the integration has for itself. */
  readonly ownPolicy?: iam.ManagedPolicy;
  readonly managedAccessKey?: ManagedAccessKey;
  readonly properties: Pick<IntegrationProperties,
  'AuthenticationType' | 'RoleToAssumeArn' | 'AccessKeySecretArn' | 'AccessKeyIdField' | 'SecretAccessKeyField' | 'AccessKeyUserName'>;
}

/** An access key that the handler creates and deletes. */
export interface ManagedAccessKey {
  readonly user: iam.IUser;
  /** Whether the integration defines the user. */
  readonly isOwn: boolean;
  readonly secret: secretsmanager.ISecret;
  /** Creates the schedule of its rotation, if it has one. */
  readonly createRotationSchedule: (integration: Construct) => Construct[];
}
