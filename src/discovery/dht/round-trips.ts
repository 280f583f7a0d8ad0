/** How long this run's nodes take to answer, and when a silent one is slow. */
import { limits } from "../../limits.ts"

export interface DhtTiming {
  timeoutMs: number
  firstSlowMs: number
  minSlowMs: number
  maxSlowMs: number
}

export const defaultTiming: DhtTiming = {
  timeoutMs: limits.dht.timeoutMs,
  firstSlowMs: limits.dht.firstSlowMs,
  minSlowMs: limits.dht.minSlowMs,
  maxSlowMs: limits.dht.maxSlowMs,
}

const kept = 64

export interface RoundTrips {
  add(ms: number): void
  /** One and a half times what nine of ten answers took, of the last 64; late answers count, so it finds its way back up. */
  slowMs(): number
}

export function createRoundTrips(timing: DhtTiming): RoundTrips {
  const last: number[] = []
  let next = 0
  return {
    add(ms) {
      last[next++ % kept] = ms
    },
    slowMs() {
      if (last.length === 0) return timing.firstSlowMs
      const ninth = last.toSorted((a, b) => a - b)[Math.floor(last.length * 0.9)] ?? 0
      return Math.min(timing.maxSlowMs, Math.max(timing.minSlowMs, 1.5 * ninth))
    },
  }
}
