const MODULUS = 2_147_483_647;

/** Numbers in [0, 1) that the same seed gives again (Park and Miller's generator). */
export function seededRandom(seed: number): () => number {
  let state = (Math.abs(seed) % (MODULUS - 1)) + 1;
  return () => {
    state = (state * 48_271) % MODULUS;
    return (state - 1) / (MODULUS - 1);
  };
}
