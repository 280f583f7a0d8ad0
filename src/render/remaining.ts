/** When will it be done? Nothing early; then a countdown that is corrected only when it was materially wrong. */
import type { Progress } from "../evidence.ts"

const leastMs = 8_000
const leastDone = 4
const materialMs = 5_000
const materialRatio = 0.25

export interface Countdown {
  /** Milliseconds, or null: too early, or nothing left. It never goes beyond `mostMs`; all times count from the same start. */
  at(nowMs: number, done: number, of: number, mostMs: number): number | null
}

export function countdown(): Countdown {
  let start: { now: number; done: number } | null = null
  let end: number | null = null
  return {
    at(now, done, of, most) {
      if (done === 0 || done >= of) return null
      start ??= { now, done }
      const took = now - start.now
      const since = done - start.done
      if (took < leastMs || since < leastDone) return null
      const estimate = Math.min(most, now + (took / since) * (of - done))
      const material = Math.max(materialMs, materialRatio * (estimate - now))
      if (end === null || end < now || Math.abs(end - estimate) > material) end = estimate
      return end - now
    },
  }
}

export interface Remaining {
  /** Of the sampling. */
  at(progress: Progress): number | null
}

export function remaining(): Remaining {
  const left = countdown()
  return { at: ({ now, timeoutMs, pieces }) => left.at(now, pieces.verified, pieces.wanted, timeoutMs) }
}
