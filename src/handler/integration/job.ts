import { Credentials } from './credentials';
import { Mark } from './ownership';
import { RegisteredLocation } from '../aws/access-grants-locations';
import { IntegrationConfig, IntegrationRecord, IntegrationsClient } from '../immuta/client';
import { Location } from '../location';
import { Properties } from '../protocol/event';
import { Progress } from '../protocol/progress';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';

/** One event for an integration, and whom to ask about it. */
export interface Job {
  readonly properties: Properties;
  /** Of an Update. */
  readonly oldProperties: Properties;
  readonly physicalId: string;
  readonly location: Location;
  /** The mark of a record that this event makes. */
  readonly mark: Mark;

  /** URL of the tenant that the function calls. */
  readonly calledUrl?: string;
  readonly immuta: IntegrationsClient;
  /** What is registered on the location's path in S3 Access Grants. */
  readonly registeredLocation: () => Promise<RegisteredLocation | undefined>;
  /** The configuration with the credentials of this moment. */
  readonly config: (name: string) => Promise<IntegrationConfig>;
  readonly credentials: Credentials;

  readonly deadline: Deadline;
  readonly log: Log;
  readonly progress: Progress;
  readonly redaction: Redaction;
}

/** A record and the name by which errors call it. */
export function describeRecord({ id, name, status }: IntegrationRecord): string {
  return `integration ${id} ('${name}', ${status})`;
}
