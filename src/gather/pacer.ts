/** So many dials per second: a token bucket as a virtual clock (GCRA), in which who dials has a slot of its own, in turn. */
export interface Pacer {
  /** Takes the next slot: when, as `now` counts, it may be used, or any time later. */
  reserve(): number
}

/** After a pause so much may be made up for at once. */
const burstMs = 1_000

/** `now`, ms; the first slot is at `fromMs`. */
export function createPacer(perSecond: number, now: () => number, fromMs: number = 0): Pacer {
  let nextMs = fromMs
  return {
    reserve() {
      const atMs = Math.max(nextMs, now() - burstMs)
      nextMs = atMs + 1_000 / perSecond
      return atMs
    },
  }
}
