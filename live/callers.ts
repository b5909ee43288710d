import { CloudTrailClient, paginateLookupEvents } from '@aws-sdk/client-cloudtrail';
import type { Context } from './context';

/** CloudTrail shows an event after 15 minutes at most. */
const LONGEST_DELAY_MS = 15 * 60_000;

/** What the kit needs of an event `AssumeRole`. */
interface AssumeRoleEvent {
  readonly userIdentity: {
    readonly type: string;
    readonly accountId?: string;
    /** The unique ID of the principal, with the name of the session. */
    readonly principalId?: string;
    /** Missing if the principal belongs to another account. */
    readonly arn?: string;
    /** The role or user behind a session. Missing if it belongs to another account. */
    readonly sessionContext?: { readonly sessionIssuer?: { readonly arn?: string } };
  };
  /** Null if the caller was denied. */
  readonly requestParameters: { readonly roleArn?: string; readonly externalId?: string } | null;
}

/**
 * Describes who assumed a role of this run, and with which external ID. Undefined if CloudTrail does not show it.
 *
 * @param since Start of the run
 * @throws Error if no Region answers
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
 */
export async function findCaller(context: Context, since: number): Promise<string | undefined> {
  const event = await context.poll(async () => {
    const answers = await Promise.allSettled(context.aws.cloudTrails.map((client) =>
      findEvent(client, context.stackName(''), new Date(since))));
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    if (found.length === 0) throw (answers[0] as PromiseRejectedResult).reason;
    return found.find((each) => each !== undefined);
  }, { everyMs: 60_000, timeoutMs: LONGEST_DELAY_MS });
  return event && describeCaller(event);
}

async function findEvent(
  client: CloudTrailClient,
  roleNamePrefix: string,
  StartTime: Date,
): Promise<AssumeRoleEvent | undefined> {
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'AssumeRole' }];
  for await (const { Events = [] } of paginateLookupEvents({ client }, { LookupAttributes, StartTime })) {
    for (const { CloudTrailEvent = '{}' } of Events) {
      const event: AssumeRoleEvent = JSON.parse(CloudTrailEvent);
      const isOfRun = event.requestParameters?.roleArn?.includes(`:role/${roleNamePrefix}`);
      if (isOfRun && event.userIdentity.type !== 'AWSService') return event;
    }
  }
  return undefined;
}

function describeCaller({ userIdentity, requestParameters }: AssumeRoleEvent): string {
  const { arn, accountId, principalId = '', sessionContext } = userIdentity;
  const { externalId } = requestParameters!;
  const who = sessionContext?.sessionIssuer?.arn ?? arn
    ?? `the principal with the ID ${principalId.split(':')[0]} in account ${accountId}`;
  return `${who}, ${externalId === undefined ? 'without an external ID' : `with the external ID '${externalId}'`}`;
}
