import { Token } from 'aws-cdk-lib';
import { NAME_MARK_LENGTH, NAME_MAX_LENGTH } from '../../handler/contract';

/** @param adopts Whether it may be the name that an integration has: all of it, its mark included. */
export function validateIntegrationName(name: string | undefined, adopts: boolean): string[] {
  const longest = adopts ? NAME_MAX_LENGTH : NAME_MAX_LENGTH - NAME_MARK_LENGTH;
  if (name === undefined || Token.isUnresolved(name) || (name.trim() !== '' && name.length <= longest)) {
    return [];
  }
  const rest = adopts ? '' : `: the integration's mark takes the other ${NAME_MARK_LENGTH} of ${NAME_MAX_LENGTH}`;
  return [`'integrationName' must have 1 to ${longest} characters, got ${JSON.stringify(name)} (${name.length})${rest}`];
}
