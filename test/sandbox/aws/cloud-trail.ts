import { SandboxClock } from '../clock';
import { AwsRequest, AwsResponse, json, notImplemented } from './request';

/** An event as CloudTrail writes it, with what is used here. */
interface RecordedEvent {
  readonly eventName: string;
  readonly eventTime: number;
  readonly userIdentity: Record<string, unknown>;
  readonly requestParameters: Record<string, string | undefined>;
}

/** CloudTrail's event history of the sandbox: who has assumed roles. */
export class CloudTrailState {
  /** The Region in which the events show: that of the endpoint of STS. */
  region: string;
  /** After how long an event shows. */
  delayMs = 5 * 60_000;
  private readonly events: RecordedEvent[] = [];

  constructor(private readonly clock: SandboxClock, private readonly accountId: string, region: string) {
    this.region = region;
  }

  recordAssumeRole(roleArn: string, principal: string, externalId?: string): void {
    this.events.push({
      eventName: 'AssumeRole',
      eventTime: this.clock.now(),
      userIdentity: this.identify(principal),
      requestParameters: { roleArn, roleSessionName: 'session', externalId },
    });
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const { operation, region, input: { LookupAttributes: [{ AttributeValue }], StartTime } } = request;
    if (operation !== 'LookupEvents') return notImplemented(request);
    const shown = this.events.filter(({ eventName, eventTime }) =>
      region === this.region && eventName === AttributeValue && eventTime >= StartTime * 1000
      && eventTime <= this.clock.now() - this.delayMs);
    return json({ Events: shown.reverse().map((event) => ({ CloudTrailEvent: JSON.stringify(event) })) });
  }

  private identify(principal: string): Record<string, unknown> {
    if (principal.endsWith('.amazonaws.com')) return { type: 'AWSService', invokedBy: principal };
    const [, , , , accountId, resource] = principal.split(':');
    return accountId === this.accountId
      ? {
        type: 'AssumedRole',
        accountId,
        arn: `${principal.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/session`,
        sessionContext: { sessionIssuer: { type: 'Role', arn: principal, accountId } },
      }
      : { type: 'AWSAccount', accountId, principalId: `${formatUniqueId(resource)}:session` };
  }
}

/** All that an event shows of a principal of another account. */
function formatUniqueId(resource: string): string {
  return `AROA${Buffer.from(resource).toString('hex').toUpperCase().slice(0, 17)}`;
}
