import {
  AssociateAccessGrantsIdentityCenterCommand, DissociateAccessGrantsIdentityCenterCommand,
} from '@aws-sdk/client-s3-control';
import type { Context } from './context';
import { isAssociated } from './instance';

/**
 * Associates the instance of the kit with Identity Center.
 *
 * @throws Error if the instance is that of another owner, whose association must not change
 */
export async function beginAssociation(context: Context): Promise<void> {
  if (context.hasInstance) throw new Error('the account has an instance that the kit did not create');
  await context.base();
  context.state.add('associations', getName(context));
  await associate(context);
}

/** Requests an association, also if there is one. */
export async function associate({ aws, options }: Context): Promise<void> {
  await aws.s3Control.send(new AssociateAccessGrantsIdentityCenterCommand({
    AccountId: aws.accountId,
    IdentityCenterArn: options.identityCenter!,
  }));
}

/** Ends the association that `beginAssociation` has requested. */
export async function endAssociation(context: Context): Promise<void> {
  const { s3Control, accountId: AccountId } = context.aws;
  await s3Control.send(new DissociateAccessGrantsIdentityCenterCommand({ AccountId }));
  context.state.remove('associations', getName(context));
}

/** @throws Error if reads do not show within 30 minutes whether the instance is associated */
export async function waitForAssociation(context: Context, isExpected: boolean): Promise<void> {
  const isShown = await context.poll(async () => (await isAssociated(context.aws) === isExpected) || undefined);
  if (!isShown) throw new Error(`the association does not ${isExpected ? 'show' : 'end'}`);
}

function getName(context: Context): string {
  return context.name('association');
}
