import { Instance, InstanceClient } from '../aws/access-grants';
import { InstanceTagPart } from '../contract';
import { Owner } from './ownership';
import { Properties } from '../protocol/event';
import { Progress } from '../protocol/progress';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

/** One event for an instance, and whom to ask about it. */
export interface InstanceJob {
  readonly requestType: string;
  readonly properties: Properties;
  /** Of an Update. */
  readonly oldProperties: Properties;
  /** For whom this event makes things. */
  readonly owner: Owner;
  /** Whether the tags of an instance prove that this resource made the part. */
  readonly isOurs: (part: InstanceTagPart, instance: Instance) => boolean;

  readonly client: InstanceClient;
  readonly deadline: Deadline;
  readonly log: Log;
  readonly progress: Progress;
}

export function describeInstance({ properties: { AccountId: accountId, Region: region } }: InstanceJob): string {
  return `the S3 Access Grants instance of account ${accountId}, ${region}`;
}
