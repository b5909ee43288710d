import { Deadline } from './deadline';

/** Pauses between two tries of something that a new IAM role or policy may still refuse. */
export function* iamPauses(): Generator<number, never> {
  for (let pause = 3_000; ; pause = Math.min(pause * 1.5, 20_000)) {
    yield pause;
  }
}

/**
 * The next pause, cut so that the last try is a second before the window closes; nothing if it is (almost) closed.
 *
 * @param end When it closes. By default that in which a new role or policy may still be refused
 */
export function pauseWithinWindow(deadline: Deadline, pause: number, end = deadline.iamPropagationEndsAt): number | undefined {
  const left = end - 1_000 - deadline.now();
  return left > 0 ? Math.min(pause, left) : undefined;
}
