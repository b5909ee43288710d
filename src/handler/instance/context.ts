import { Ownership } from './ownership';
import { AccessGrants, InstanceLocation } from '../aws/access-grants';
import { CurrentOperation } from '../protocol/current-operation';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

/** Tags of the user by their keys. */
export type UserTags = Readonly<Record<string, string>>;

/** The tags that the user wants, and those that the resource had before. */
export interface TagChange {
  readonly desired: UserTags;
  readonly previous: UserTags;
}

/** What the events of an instance work with. */
export interface InstanceContext {
  /** As failures name it: `the S3 Access Grants instance of account 111122223333, us-east-1`. */
  readonly name: string;
  readonly location: InstanceLocation;
  readonly accessGrants: AccessGrants;
  readonly ownership: Ownership;
  /** Whether a Create is so late that its Delete would not watch any more for what it creates now. */
  readonly isTooLate: () => boolean;
  /** Whether an earlier run of this event may have sent requests. */
  readonly mayBeRepeated: boolean;
  readonly tags: TagChange;
  readonly operation: CurrentOperation;
  readonly deadline: Deadline;
  readonly log: Log;
}
