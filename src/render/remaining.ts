/** When will sampling be done? Nothing early; then a countdown that is corrected only when it was materially wrong. */
import type { Progress } from "../evidence.ts"

const leastMs = 8_000
const leastPieces = 4
const materialMs = 5_000
const materialRatio = 0.25

export interface Remaining {
  /** Milliseconds, or null: too early, or nothing left. */
  at(progress: Progress): number | null
}

export function remaining(): Remaining {
  let start: { now: number; verified: number } | null = null
  let end: number | null = null
  return {
    at({ now, timeoutMs, pieces: { verified, wanted } }) {
      if (verified === 0 || verified >= wanted) return null
      start ??= { now, verified }
      const took = now - start.now
      const done = verified - start.verified
      if (took < leastMs || done < leastPieces) return null
      const estimate = Math.min(timeoutMs, now + (took / done) * (wanted - verified))
      const material = Math.max(materialMs, materialRatio * (estimate - now))
      if (end === null || end < now || Math.abs(end - estimate) > material) end = estimate
      return end - now
    },
  }
}
