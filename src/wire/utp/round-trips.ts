/** How long a packet's acknowledgement is waited for: BEP 29, timeouts. */
import { limits } from "../../limits.ts"

export interface RoundTrips {
  /** Only of packets that were sent once. */
  sample(ms: number): void
  timeoutMs(): number
}

export function createRoundTrips(): RoundTrips {
  let meanMs: number | null = null
  let varianceMs = 0
  return {
    sample(ms) {
      if (meanMs === null) {
        meanMs = ms
        varianceMs = ms / 2
        return
      }
      varianceMs += (Math.abs(meanMs - ms) - varianceMs) / 4
      meanMs += (ms - meanMs) / 8
    },
    timeoutMs: () =>
      meanMs === null
        ? limits.utp.firstTimeoutMs
        : Math.max(limits.utp.minTimeoutMs, meanMs + 4 * varianceMs),
  }
}
