import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IConstruct, IDependable } from 'constructs';
import { IntegrationProperties } from '../handler/contract';
import { IImmutaTenant } from '../interfaces';

/** What an integration passes to its authentication. */
export interface AuthenticationContext {
  readonly tenant: IImmutaTenant;
  /** Permissions of Immuta's principal. */
  readonly statements: iam.PolicyStatement[];
}

/** What the authentication adds to an integration. */
export interface BoundAuthentication {
  readonly role?: iam.IRole;
  /** ARN of the principal that Immuta uses. */
  readonly principalArn: string;
  /** Resources that Immuta needs until the integration is deleted. */
  readonly dependencies: IDependable[];
  /**
   * Permissions of the handler. They are deleted even if the integration is retained, because IAM cannot delete the
   * handler's role while it has policies.
   */
  readonly handlerPolicies: IConstruct[];
  /** A policy that belongs to this integration alone. */
  readonly ownPolicy?: iam.ManagedPolicy;
  /** The access key that the handler manages. */
  readonly managedAccessKey?: ManagedAccessKeyResources;
  readonly properties: Pick<
    IntegrationProperties,
    | 'AuthenticationType'
    | 'RoleToAssumeArn'
    | 'AccessKeySecretArn'
    | 'AccessKeyIdField'
    | 'SecretAccessKeyField'
    | 'AccessKeyUserName'
  >;
}

/** An access key that the handler creates and deletes. */
export interface ManagedAccessKeyResources {
  readonly user: iam.IUser;
  /** Whether the integration defines the user. */
  readonly isOwn: boolean;
  readonly secret: secretsmanager.ISecret;
  /** Creates the schedule of its rotation, if it has one. */
  readonly createRotationSchedule: (integration: Construct) => Construct[];
  /** Creates the metric of failed rotations. */
  readonly createFailureMetric: (props?: cloudwatch.MetricOptions) => cloudwatch.Metric;
}
