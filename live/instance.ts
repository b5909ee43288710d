import { GetAccessGrantsInstanceCommand, GetAccessGrantsInstanceCommandOutput } from '@aws-sdk/client-s3-control';
import type { Aws } from './context';

/** The Access Grants instance of the account. Undefined if there is none. */
export async function findInstance(
  { s3Control, accountId }: Aws,
): Promise<GetAccessGrantsInstanceCommandOutput | undefined> {
  try {
    return await s3Control.send(new GetAccessGrantsInstanceCommand({ AccountId: accountId }));
  } catch (error) {
    if (/AccessGrantsInstanceNotExists/.test((error as Error).name)) return undefined;
    throw error;
  }
}

/** Whether the instance of the account shows an association with Identity Center. */
export async function isAssociated(aws: Aws): Promise<boolean> {
  const instance = await findInstance(aws);
  return (instance?.IdentityCenterInstanceArn ?? instance?.IdentityCenterArn) !== undefined;
}
