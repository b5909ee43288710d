import { CreateAccessGrantsLocationCommand } from '@aws-sdk/client-s3-control';
import { deleteLocation } from './cleanup';
import type { Context } from './context';

/** A new role or trust policy takes this long to have an effect. */
const IAM_PROPAGATION_MS = 60_000;

/** Whether S3 Access Grants takes a role for a location. Registers a location of this run, and deletes it. */
export async function canUseRole(context: Context, label: string, roleArn: string): Promise<boolean> {
  const { s3Control, accountId: AccountId } = context.aws;
  const LocationScope = context.path(label);
  context.state.add('locations', LocationScope);
  const isRegistered = await context.poll(async () => {
    try {
      await s3Control.send(new CreateAccessGrantsLocationCommand({ AccountId, LocationScope, IAMRoleArn: roleArn }));
      return true;
    } catch (error) {
      if (/InvalidIamRole/.test((error as Error).name)) return undefined;
      throw error;
    }
  }, { everyMs: 10_000, timeoutMs: IAM_PROPAGATION_MS });
  if (isRegistered) await deleteLocation(context, LocationScope);
  context.state.remove('locations', LocationScope);
  return isRegistered ?? false;
}
