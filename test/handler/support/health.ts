import { API_KEY_ARN, CONFIG, HandlerSandbox, IMMUTA_ROLE, ROLE, STACK } from './handler-sandbox';
import { checkHealth } from '../../../src/handler/health/check-health';

/** An integration as the sandbox's events deploy it. */
export const EXPECTED = {
  IntegrationId: '101',
  IntegrationName: CONFIG.name,
  AccountId: '111122223333',
  Region: 'us-east-1',
  LocationPath: 's3://sales/',
  LocationRoleArn: ROLE,
  AuthenticationType: 'auto' as 'auto' | 'accessKey',
  RoleToAssumeArn: IMMUTA_ROLE as string | undefined,
};

export const TENANT_URL = 'https://acme.immutacloud.com';

export interface Check {
  readonly scope?: 'integration' | 'tenant';
  readonly integrations?: object[];
  readonly eventBusArn?: string;
  /** How long the function may run. */
  readonly remainingMs?: number;
}

/** What a check wrote: its findings, and the metrics as CloudWatch reads them. */
export interface Checked {
  readonly findings: { readonly finding: string; readonly code?: string; readonly message?: string }[];
  readonly metrics: Record<string, unknown>[];
}

/** Lets the schedule of a check invoke the function. */
export async function runCheck(sandbox: HandlerSandbox, check: Check = {}): Promise<Checked> {
  const { scope = 'integration', integrations = [EXPECTED], remainingMs = 900_000, eventBusArn } = check;
  const log: string[] = [];
  const endsAt = sandbox.clock.now() + remainingMs;
  const writes = countWrites(sandbox);
  await checkHealth(
    {
      HealthCheck: {
        Scope: scope,
        TenantUrl: TENANT_URL,
        StackId: STACK,
        Integrations: integrations as never,
        EventBusArn: eventBusArn,
      },
    },
    {
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
      getRemainingTimeInMillis: () => endsAt - sandbox.clock.now(),
    },
    {
      environment: { API_KEY_SECRET_ARN: API_KEY_ARN, ...sandbox.environment },
      clock: sandbox.clock,
      writeLog: (line) => log.push(line),
      s3Control: sandbox.s3Control,
    },
  );
  expect(countWrites(sandbox)).toBe(writes);
  sandbox.log.push(...log);
  const lines = log.map((line) => JSON.parse(line));
  return {
    findings: lines.filter(({ step }) => step === 'finding'),
    metrics: lines.filter(({ _aws }) => _aws !== undefined),
  };
}

const READS = /^(Get|List|Describe|Simulate|PutEvents)/;

function countWrites({ immuta, aws }: HandlerSandbox): number {
  return immuta.requests.filter(({ method }) => method !== 'GET').length
    + aws.requests.filter(({ operation, method }) => (operation ? !READS.test(operation) : method !== 'GET')).length;
}
