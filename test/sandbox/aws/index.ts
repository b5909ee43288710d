import { SandboxClock } from '../clock';
import { AccessGrantsState } from './access-grants';
import { AwsError } from './aws-error';
import { BucketsState } from './buckets';
import { CloudTrailState } from './cloud-trail';
import { DUMMY_CREDENTIALS, IamState } from './iam';
import { handleIam } from './iam-api';
import { ParametersState } from './parameters';
import { handlePolicySimulator } from './policy-simulator';
import { AwsHandler, AwsRequest, AwsResponse, notImplemented } from './request';
import { handleS3 } from './s3';
import { S3Control } from './s3-control';
import { SecretsState } from './secrets';
import { handleSecretsManager } from './secrets-api';
import { closeServer, getPort, startServer } from './server';
import { handleSsm, handleSso, handleSts } from './small-services';

export * from './access-grants';
export * from './aws-error';
export * from './buckets';
export * from './cloud-trail';
export * from './iam';
export * from './parameters';
export * from './request';
export * from './s3-control';
export * from './secrets';

/** A request that was denied. */
export interface Denial {
  readonly request: AwsRequest;
  readonly error: AwsError;
  /** The machine's time, in which the `cdk` CLI looks for it. */
  readonly recordedAt: number;
}

export interface AwsOptions {
  readonly clock: SandboxClock;
  /** @default '111122223333' */
  readonly accountId?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
}

/** The AWS services of the sandbox, and what they hold; no socket is needed to call them. */
export interface AwsServices {
  readonly accountId: string;
  readonly region: string;
  readonly iam: IamState;
  readonly accessGrants: AccessGrantsState;
  /** S3 Control's operations, authorised; what the HTTP face and Immuta call. */
  readonly s3Control: S3Control;
  readonly cloudTrail: CloudTrailState;
  readonly secrets: SecretsState;
  readonly buckets: BucketsState;
  readonly parameters: ParametersState;
  /** Every request so far, in full. */
  readonly requests: AwsRequest[];
  /** Those that were denied. */
  readonly denials: Denial[];
  /** Answers a request, or fails with AWS's error. */
  readonly handle: AwsHandler;
  /**
   * Makes the handler answer a service, by the name in the credential scope (`lambda`); `next` is who answered until
   * now.
   */
  route(service: string, handler: (request: AwsRequest, next: AwsHandler) => Promise<AwsResponse>): void;
}

/** The same behind one HTTP server. */
export interface AwsStandIn extends AwsServices {
  readonly url: string;
  /** Environment for the `cdk` CLI: endpoints, Region, and the keys of an admin. */
  readonly env: Record<string, string>;
  close(): Promise<void>;
}

const DEFAULT_ACCOUNT_ID = '111122223333';

export interface AwsServicesOptions extends AwsOptions {
  /** @default - one that evaluates every policy */
  readonly iam?: IamState;
}

export function createAwsServices(options: AwsServicesOptions): AwsServices {
  const { clock, accountId = DEFAULT_ACCOUNT_ID, region = 'us-east-1', iam = new IamState(clock, accountId) } = options;
  const accessGrants = new AccessGrantsState(clock, iam);
  const s3Control = new S3Control(iam, accessGrants);
  const cloudTrail = new CloudTrailState(clock, accountId, region);
  const secrets = new SecretsState(clock, accountId, region);
  const buckets = new BucketsState(accountId, region);
  const parameters = new ParametersState();
  const requests: AwsRequest[] = [];
  const denials: Denial[] = [];
  const handlers = new Map<string, AwsHandler>([
    [
      'iam',
      (request) =>
        request.operation === 'SimulatePrincipalPolicy' ? handlePolicySimulator(iam, request) : handleIam(iam, request),
    ],
    ['sts', (request) => handleSts(iam, request)],
    ['cloudtrail', (request) => cloudTrail.handle(request)],
    ['sso', (request) => handleSso(accessGrants, request)],
    ['ssm', (request) => handleSsm(parameters, request)],
    ['s3', (request) => handleS3(iam, buckets, request)],
    ['s3-control', (request) => s3Control.handle(request)],
    ['secretsmanager', (request) => handleSecretsManager(iam, secrets, request)],
  ]);
  return {
    accountId,
    region,
    iam,
    accessGrants,
    s3Control,
    cloudTrail,
    secrets,
    buckets,
    parameters,
    requests,
    denials,
    handle: async (request) => {
      requests.push(request);
      try {
        return await (handlers.get(request.service) ?? notImplemented)(request);
      } catch (error) {
        if (error instanceof AwsError && /^AccessDenied/.test(error.code)) {
          denials.push({ request, error, recordedAt: Date.now() });
        }
        throw error;
      }
    },
    route: (service, handler) => {
      const next = handlers.get(service) ?? notImplemented;
      handlers.set(service, async (request) => handler(request, next));
    },
  };
}

export async function startAws(options: AwsOptions): Promise<AwsStandIn> {
  const services = createAwsServices(options);
  const server = await startServer(options.clock, services.iam, services.handle);
  const port = getPort(server);
  const url = `http://127.0.0.1:${port}`;
  return {
    ...services,
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      // the SDK puts the account before this host, which it cannot do with an address
      AWS_ENDPOINT_URL_S3_CONTROL: `http://localhost:${port}`,
      AWS_ACCESS_KEY_ID: DUMMY_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: DUMMY_CREDENTIALS.secretAccessKey,
      AWS_REGION: services.region,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    close: () => closeServer(server),
  };
}
