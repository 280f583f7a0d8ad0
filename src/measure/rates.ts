import type { Estimate, Peer } from "../evidence.ts"
import type { Contention } from "./contention.ts"

/** Null also for a peer that sent wrong bytes: nobody will want more of them, however fast they come. */
export const rateOf = ({ goodputBytesPerSecond, samples }: Peer): Estimate | null =>
  samples.some(({ verified }) => verified === false) ? null : goodputBytesPerSecond

const ratesOf = (peers: readonly Peer[]): Estimate[] => peers.map(rateOf).filter((rate) => rate !== null)

/** All measured peers together: peers on one uplink give no more than it carries, nor all of them more than our own link. */
export function totalGoodput(
  peers: readonly Peer[],
  { ceiling, uplinks }: Pick<Contention, "ceiling" | "uplinks"> = { ceiling: null, uplinks: [] },
): number | null {
  const measured = peers.filter((peer) => rateOf(peer) !== null)
  if (measured.length === 0) return null
  const shared = new Map<string, Contention["uplinks"][number]>()
  for (const uplink of uplinks)
    for (const address of uplink.addresses) if (!shared.has(address)) shared.set(address, uplink)
  const groups = Map.groupBy(measured, (peer) => shared.get(peer.address) ?? peer)
  const total = sum(
    [...groups].map(([by, members]) => {
      const own = sum(members.map((peer) => rateOf(peer)?.value ?? 0))
      return "rate" in by ? Math.min(own, by.rate.value) : own
    }),
  )
  return Math.min(total, ceiling?.value ?? Infinity)
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const fewestForOrder = 6

/**
 * Median granted rate of the peers that unchoke us. From six on, the distribution-free interval of order statistics, at
 * least 95%: the ranks k and n+1−k with P(Bin(n, ½) < k) ≤ 2.5%. With fewer, the whole range holds the median with probability
 * 1 − 2^(1−n), which is the confidence given. A single peer is its own median, with its own interval. A rate that a cap of
 * ours held down may be any higher: it bounds everything at its place in the order and above it only from below. Assumes that the
 * measured peers are a random choice.
 */
export function medianGoodput(peers: readonly Peer[]): Estimate | null {
  const rates = ratesOf(peers).sort((a, b) => a.value - b.value)
  const n = rates.length
  const middle = rates[Math.floor((n - 1) / 2)]
  const other = rates[Math.floor(n / 2)]
  if (!middle || !other) return null
  if (n === 1) return { ...middle, n }
  const value = (middle.value + other.value) / 2
  const rank = n < fewestForOrder ? 0 : lowerRank(n)
  const few = n < fewestForOrder
  const upTo = rates.slice(0, n - rank)
  const highs = (few ? rates.map(({ high }) => high) : [upTo.at(-1)?.value ?? null]).filter(
    (high) => high !== null,
  )
  return {
    value,
    low: few ? Math.min(...rates.map(({ low }) => low)) : (rates[rank]?.value ?? 0),
    high: upTo.some(({ censored }) => censored) || highs.length === 0 ? null : Math.max(...highs),
    n,
    confidence: few ? 1 - 2 ** (1 - n) : 0.95,
    censored: rates.some((rate) => rate.censored && rate.value <= other.value),
  }
}

/** How many of the lowest values lie outside the interval. In logarithms: of more than 1,074 values ½ⁿ would be 0. */
function lowerRank(n: number): number {
  let logTerm = -n * Math.LN2
  let below = Math.exp(logTerm)
  let rank = 0
  while (below <= 0.025) {
    logTerm += Math.log((n - rank) / (rank + 1))
    rank++
    below += Math.exp(logTerm)
  }
  return Math.max(0, rank - 1)
}
