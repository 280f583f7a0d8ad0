/** Who sent us bytes when: looked up for as many spans as there are silences. */
import type { Endpoint, Peer, Span } from "../evidence.ts"

/** Shown of those who served us. */
export const mostShown = 3

export interface Deliveries {
  /** The first of `peers`, in order, of whom bytes came after the one moment and before the other, `besides` apart: `mostShown` at most. */
  within(span: Span, besides: Peer): Endpoint[]
}

/** One more than are shown: one of them may be left out. */
const kept = mostShown + 1

/** A segment tree over all arrivals in order of time: of each stretch of them, the first few peers. */
export function deliveriesOf(peers: readonly Peer[]): Deliveries {
  const arrivals = peers.flatMap(({ samples }, nth) =>
    samples.flatMap(({ atMs, progress }) =>
      progress.flatMap(([ms, bytes]) => (bytes > 0 ? [{ ms: atMs + ms, nth }] : [])),
    ),
  )
  arrivals.sort((a, b) => a.ms - b.ms)
  const times = Float64Array.from(arrivals, ({ ms }) => ms)
  const leaves = times.length
  /** `kept` of each node, ascending; −1: no more. */
  const firsts = new Int32Array(2 * leaves * kept).fill(-1)
  for (const [i, { nth }] of arrivals.entries()) firsts[(leaves + i) * kept] = nth
  for (let node = leaves - 1; node > 0; node--)
    firsts.set(merged(of(2 * node), of(2 * node + 1)), node * kept)

  function of(node: number): number[] {
    const own = [...firsts.subarray(node * kept, (node + 1) * kept)]
    return own.filter((nth) => nth >= 0)
  }

  return {
    within([fromMs, toMs], besides) {
      let found: number[] = []
      let low = leaves + firstAfter(times, (ms) => ms > fromMs)
      let high = leaves + firstAfter(times, (ms) => ms >= toMs)
      for (; low < high; low >>= 1, high >>= 1) {
        if (low & 1) found = merged(found, of(low++))
        if (high & 1) found = merged(found, of(--high))
      }
      return found
        .flatMap((nth) => peers[nth] ?? [])
        .filter((peer) => peer !== besides)
        .slice(0, mostShown)
        .map(({ address }) => address)
    },
  }
}

const merged = (some: readonly number[], others: readonly number[]): number[] =>
  [...new Set([...some, ...others])].sort((a, b) => a - b).slice(0, kept)

function firstAfter(times: Float64Array, isAfter: (ms: number) => boolean): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isAfter(times[middle] ?? 0)) high = middle
    else low = middle + 1
  }
  return low
}
