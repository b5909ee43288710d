import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct, IDependable } from 'constructs';
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
  /** The user whose access keys the handler makes and deletes. */
  readonly managedUser?: ManagedUser;
  readonly properties: Pick<IntegrationProperties,
  'AuthenticationType' | 'RoleToAssumeArn' | 'AccessKeySecretArn' | 'AccessKeyIdField' | 'SecretAccessKeyField' | 'AccessKeyUserName' | 'AccessKeyGeneration'>;
}

export interface ManagedUser {
  readonly user: iam.IUser;
  /** Whether the integration defines it. */
  readonly isOwn: boolean;
  /** When it gets another key. */
  readonly rotation?: events.Schedule;
}
