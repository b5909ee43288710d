import { SandboxClock } from '../clock';
import { AccessGrantsState } from './access-grants';
import { BucketsState } from './buckets';
import { IamState } from './iam';
import { ParametersState } from './parameters';
import { AwsHandler, AwsRequest } from './request';
import { S3Control } from './s3-control';
import { SecretsState } from './secrets';
import { startServer } from './server';

export * from './access-grants';
export * from './aws-error';
export * from './buckets';
export * from './iam';
export * from './parameters';
export * from './request';
export * from './s3-control';
export * from './secrets';

export interface AwsOptions {
  readonly clock: SandboxClock;
  /** @default '111122223333' */
  readonly accountId?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
}

/** The AWS services of the sandbox: one HTTP server, and what it holds. */
export interface AwsStandIn {
  readonly url: string;
  /** Environment for the `cdk` CLI: endpoints, Region, and the keys of an admin. */
  readonly env: Record<string, string>;
  readonly accountId: string;
  readonly region: string;
  readonly iam: IamState;
  readonly accessGrants: AccessGrantsState;
  /** S3 Control's operations, authorised; what the HTTP face and Immuta call. */
  readonly s3Control: S3Control;
  readonly secrets: SecretsState;
  readonly buckets: BucketsState;
  readonly parameters: ParametersState;
  /** Every request so far, in full. */
  readonly requests: AwsRequest[];
  /** Makes the handler answer a service, by the name in the credential scope: `cloudformation`, `lambda`. */
  route(service: string, handler: AwsHandler): void;
  close(): Promise<void>;
}
