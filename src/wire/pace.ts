/** How many requests to keep in the air: enough that a peer never waits for the next one, or we would measure ourselves. */
import { limits } from "../limits.ts"

export interface Pacing {
  readonly window: number
  asked(nowMs: number): void
  answered(nowMs: number, bytes: number, responseMs: number): void
}

const { blockBytes, pipelineStart, pipelineMax } = limits.peer

/** Some clients serve on a tick of 500 ms: twice that is the least response time to plan for. */
const leastHorizonMs = 1_000
const slowStartMs = 2_000
const epochMs = 500

/** `ceiling` is the other side's `reqq`, which it may still tell. */
export function createPacing(ceiling: () => number): Pacing {
  let window: number = pipelineStart
  let firstAskMs: number | null = null
  let leastResponseMs = Infinity
  let before = { bytes: 0, ms: 0 }
  let epoch = { bytes: 0, startMs: 0 }

  const bytesPerMs = (nowMs: number) =>
    (before.bytes + epoch.bytes) / Math.max(1, before.ms + nowMs - epoch.startMs)

  return {
    get window() {
      return Math.max(1, Math.min(window, ceiling(), pipelineMax))
    },
    asked(nowMs) {
      if (firstAskMs !== null) return
      firstAskMs = nowMs
      epoch.startMs = nowMs
    },
    answered(nowMs, bytes, responseMs) {
      leastResponseMs = Math.min(leastResponseMs, responseMs)
      const ms = nowMs - epoch.startMs
      if (ms >= epochMs) {
        before = { bytes: epoch.bytes, ms }
        epoch = { bytes: 0, startMs: nowMs }
      }
      epoch.bytes += bytes
      const horizonMs = Math.max(leastHorizonMs, 2 * leastResponseMs)
      const wanted = Math.ceil((bytesPerMs(nowMs) * horizonMs) / blockBytes)
      // At first every answer allows one request more, which doubles the window per response time.
      const growing = nowMs - (firstAskMs ?? nowMs) < slowStartMs ? window + 1 : 0
      window = Math.min(Math.max(pipelineStart, wanted, growing), pipelineMax)
    },
  }
}
