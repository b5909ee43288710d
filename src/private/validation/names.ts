import { Token } from 'aws-cdk-lib';
import { createProblem, Problem } from './problems';
import { NAME_SUFFIX_LENGTH, NAME_MAX_LENGTH } from '../../handler/contract';

/**
 * @param adopts Whether the name can be that of an existing integration, which includes the suffix that the handler
 * appends.
 */
export function validateIntegrationName(name: string | undefined, adopts: boolean): Problem[] {
  const max = adopts ? NAME_MAX_LENGTH : NAME_MAX_LENGTH - NAME_SUFFIX_LENGTH;
  if (name === undefined || Token.isUnresolved(name) || (name.trim() !== '' && name.length <= max)) {
    return [];
  }
  return [createProblem('INTEGRATION_NAME_INVALID', { max, got: JSON.stringify(name), length: name.length })];
}

/** Construct IDs contain a digest of it. */
export function validateLocationIdentity(identity?: string): Problem[] {
  return Token.isUnresolved(identity) ? [createProblem('LOCATION_IDENTITY_TOKEN')] : [];
}
