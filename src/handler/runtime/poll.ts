/** Pauses between two looks at something that changes by itself: soon at first, then every 15 seconds. */
export function* pollPauses(): Generator<number, never> {
  for (let pause = 2_000; ; pause = Math.min(pause * 1.5, 15_000)) {
    yield pause;
  }
}
