import {
  AssociateAccessGrantsIdentityCenterCommand, DissociateAccessGrantsIdentityCenterCommand,
} from '@aws-sdk/client-s3-control';
import type { Context } from './context';
import { isAssociated } from './instance';
import { LONGEST_PROPAGATION_MS, READ_LAG_MS } from './times';

/**
 * Associates the instance of the kit with Identity Center. The state file lists the association until `isEnded`.
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

/** Requests the end of the association. */
export async function dissociate({ aws }: Context): Promise<void> {
  await aws.s3Control.send(new DissociateAccessGrantsIdentityCenterCommand({ AccountId: aws.accountId }));
}

/** Requests the end for a while. Returns why S3 still refuses it then. Undefined if it does not. */
export async function tryToDissociate(context: Context, timeoutMs: number): Promise<Error | undefined> {
  let refusal: Error | undefined;
  await context.poll(async () => {
    refusal = await dissociate(context).then(() => undefined, takeRefusal);
    return refusal === undefined || undefined;
  }, { everyMs: 10_000, timeoutMs });
  return refusal;
}

/** Whether reads show the end of the association, and a minute later still do. */
export async function isEnded(context: Context): Promise<boolean> {
  const isGone = async () => !(await isAssociated(context.aws));
  await context.poll(async () => (await isGone()) || undefined, { timeoutMs: LONGEST_PROPAGATION_MS });
  await context.sleep(READ_LAG_MS);
  const hasEnded = await isGone();
  if (hasEnded) context.state.remove('associations', getName(context));
  return hasEnded;
}

/** @throws Error if it is not a refusal of the request, such as missing permissions */
function takeRefusal(error: Error & { readonly $metadata?: { readonly httpStatusCode?: number } }): Error {
  if (![400, 404, 409].includes(error.$metadata?.httpStatusCode ?? 0)) throw error;
  return error;
}

function getName(context: Context): string {
  return context.name('association');
}
