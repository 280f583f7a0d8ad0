/** How many bytes a set of peers can have sent us by a time, and how surely. */
import type { Estimate } from "../../evidence.ts"

export interface Supply {
  rate: Estimate
  /** When it begins to serve, in ms since the client was started. */
  starts: { earliest: number; usual: number; latest: number }
  /** What it shares with others; null: an uplink of its own. */
  uplink: Estimate | null
}

/** Bytes. `low` and `high` are the ends of a 95% interval. */
export interface Amount {
  value: number
  low: number
  high: number
}

/** What clients' own rhythms do to any rate (see `goodput`): the same to all, so it doesn't even out among many. */
const systematicRatio = 0.02

/**
 * Σ rate · (time − start). Errors of rates and of starts are independent between peers, so they add in quadrature; the
 * systematic 2% of every rate does not. Peers on one uplink send at most what that carries, all of them at most `ceiling`.
 * A rate without an upper end can have brought anything.
 */
export function sentBy(supplies: readonly Supply[], ms: number, ceiling: Estimate | null): Amount {
  const totals = totalsOf(supplies, ms)
  const free = totals.get(null) ?? { value: 0, down: 0, up: 0 }
  for (const [uplink, total] of totals) {
    if (uplink === null) continue
    const part = atMost(total, uplink, ms)
    free.value += part.value
    free.down += (part.value - part.low) ** 2
    free.up += (part.high - part.value) ** 2
  }
  const systematic = systematicRatio * free.value
  const low = Math.max(0, free.value - Math.sqrt(free.down) - systematic)
  const high = free.value + Math.sqrt(free.up) + systematic
  const all = { value: free.value, low, high }
  return ceiling === null ? all : atMost(all, ceiling, ms)
}

interface Total {
  value: number
  /** Squares of the ways to the ends. */
  down: number
  up: number
}

/** Of each uplink, and of those that have one of their own (null). */
function totalsOf(supplies: readonly Supply[], ms: number): Map<Estimate | null, Total> {
  const totals = new Map<Estimate | null, Total>()
  let [last, total] = [undefined as Estimate | null | undefined, { value: 0, down: 0, up: 0 }]
  for (const { rate, starts, uplink } of supplies) {
    if (uplink !== last) {
      total = totals.get(uplink) ?? { value: 0, down: 0, up: 0 }
      totals.set(uplink, total)
      last = uplink
    }
    const perMs = rate.value / 1_000
    const usual = Math.max(0, ms - starts.usual)
    const systematic = systematicRatio * rate.value
    const slower = (Math.max(0, rate.value - rate.low - systematic) / 1_000) * usual
    const faster =
      rate.high === null ? Infinity : (Math.max(0, rate.high - rate.value - systematic) / 1_000) * usual
    const later = perMs * (usual - Math.max(0, ms - starts.latest))
    const earlier = perMs * (Math.max(0, ms - starts.earliest) - usual)
    total.value += perMs * usual
    total.down += slower ** 2 + later ** 2
    total.up += faster ** 2 + earlier ** 2
  }
  return totals
}

function atMost(total: Total | Amount, limit: Estimate, ms: number): Amount {
  const seconds = Math.max(0, ms) / 1_000
  const low = "down" in total ? total.value - Math.sqrt(total.down) : total.low
  const high = "up" in total ? total.value + Math.sqrt(total.up) : total.high
  return {
    value: Math.min(total.value, limit.value * seconds),
    low: Math.max(0, Math.min(low, limit.low * seconds)),
    high: Math.min(high, (limit.high ?? Infinity) * seconds),
  }
}
