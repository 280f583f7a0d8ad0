/** Our own caps: payload per second, of all peers together and of each, and payload of the whole run. */
import type { Network } from "../network.ts"

export interface Throttle {
  /** Sets payload of the run's budget aside; false when it isn't there. */
  claim(bytes: number): boolean
  /** Of what was claimed, what never came. */
  refund(bytes: number): void
  remainingBytes(): number
  /** One peer's share. */
  lane(): Lane
}

export interface Lane {
  /** Takes a place in the queue: when, as the network's clock counts, that many bytes may be asked for. */
  reserve(bytes: number): number
  /** What was asked for and then called off: it will hardly come. */
  release(bytes: number): void
}

export interface ThrottleOptions {
  totalBytesPerSecond: number
  peerBytesPerSecond: number
  maxBytes: number
  /** Where several runs keep to one `totalBytesPerSecond`: the queue of all of them. */
  total?: Lane | undefined
  network: Pick<Network, "now">
}

/** After a pause this much may be asked for at once, so that a pipeline can fill. */
const burstMs = 1_000

/** A token bucket as a virtual clock (GCRA): first come, first served. */
export function createLane(bytesPerSecond: number, now: () => number): Lane {
  let paidUntilMs = -Infinity
  return {
    reserve(bytes) {
      const nowMs = now()
      paidUntilMs = Math.max(paidUntilMs, nowMs)
      const atMs = Math.max(nowMs, paidUntilMs - burstMs)
      paidUntilMs += (bytes / bytesPerSecond) * 1_000
      return atMs
    },
    release(bytes) {
      paidUntilMs -= (bytes / bytesPerSecond) * 1_000
    },
  }
}

export function createThrottle(options: ThrottleOptions): Throttle {
  const now = () => options.network.now()
  const shared = options.total ?? createLane(options.totalBytesPerSecond, now)
  let remaining = options.maxBytes
  return {
    claim(bytes) {
      if (bytes > remaining) return false
      remaining -= bytes
      return true
    },
    refund(bytes) {
      remaining += bytes
    },
    remainingBytes: () => remaining,
    lane() {
      const own = createLane(options.peerBytesPerSecond, now)
      return {
        reserve: (bytes) => Math.max(shared.reserve(bytes), own.reserve(bytes)),
        release(bytes) {
          shared.release(bytes)
          own.release(bytes)
        },
      }
    },
  }
}
