import { Deadline } from '../runtime/deadline';
import { poll } from '../runtime/poll';

const PAUSE_MS = 10_000;

/** What a Create requested last may take a minute to appear. */
const MARGIN_MS = 60_000;

/**
 * Deletes what a cancelled Create created, again and again until that Create cannot create anything more:
 * CloudFormation sends the Delete while the Create may still be running.
 *
 * @param deleteCreated deletes what there is
 */
export async function watchCancelledCreate(
  deadline: Deadline,
  deleteCreated: () => Promise<void>,
): Promise<void> {
  const end = deadline.creationEndsAt + MARGIN_MS;
  await poll<void>({ deadline, waitingFor: 'the end of the cancelled Create' }, async () => {
    await deleteCreated();
    const left = end - deadline.now();
    return left <= 0
      ? { done: undefined }
      : { seen: 'nothing that this resource created', pauseMs: Math.min(PAUSE_MS, left) };
  });
}
