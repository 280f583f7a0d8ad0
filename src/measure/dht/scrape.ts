/**
 * BEP 33: how many distinct IP addresses stand behind the Bloom filters of DHT nodes. m = 2048 bits, k = 2 a address; of a filter with
 * c zero bits N̂ = ln(c/m) / (k·ln(1 − 1/m)).
 */
import type { Estimate, Family } from "../../evidence.ts"
import { filterInterval } from "./filter-interval.ts"
import { poissonAtLeast } from "../statistics/tails.ts"

const filterBytes = 256
const bits = 8 * filterBytes
const hashes = 2
const confidence = 0.95

export interface FilterVoice {
  /** Filters of the same voice (one address) are one node's word. */
  voice: string
  family: Family
  /** 256 bytes. */
  filter: Uint8Array
}

/** The BEP's own estimate, for a filter that is neither empty (its formula says ½) nor full (it has none). */
export const filterSize = (filter: Uint8Array): number => sizeFor(bits - countOnes(filter))

const sizeFor = (zeros: number): number => Math.log(zeros / bits) / (hashes * Math.log(1 - 1 / bits))

/**
 * Addresses that the nodes hold together: their filters joined, each family for itself, as a node keeps peers of its own family only.
 * The interval is exact for the joined filter (filter-interval.ts), its lower end that without whichever node adds most. A full
 * filter bounds nothing from above: `high` is null, and `censored`.
 *
 * No single node decides. One that adds more than an honest one would is left out, the worst first; when those left are
 * no majority, as with two that disagree, there is no estimate. An honest node that alone knows most of a swarm looks just the same.
 * A single node's filter is taken at its word, with n = 1. Null without filters.
 *
 * Assumes that an honest node holds each address with probability ½ or more. Simulated: 0 to 12,000 addresses on 1 to 16 nodes, also
 * with one forger (full, half full, a thousand strangers, empty) among 3 to 16.
 */
export function joinedFilters(voices: readonly FilterVoice[]): Estimate | null {
  const families = [...new Set(voices.map(({ family }) => family))]
  const each = families.map((family) => estimateOf(byVoice(voices.filter((one) => one.family === family))))
  return each.reduce((a, b) => a && b && sum(a, b), each[0] === undefined ? null : zero)
}

const zero: Estimate = { value: 0, low: 0, high: 0, n: 0, confidence, censored: false }

/** Different addresses, so bounds may be added: the sum is covered at least as often. */
const sum = (a: Estimate, b: Estimate): Estimate => ({
  value: a.value + b.value,
  low: a.low + b.low,
  high: a.high === null || b.high === null ? null : a.high + b.high,
  n: a.n + b.n,
  confidence,
  censored: a.censored || b.censored,
})

function byVoice(voices: readonly FilterVoice[]): Uint8Array[] {
  const filters = new Map<string, Uint8Array>()
  for (const { voice, filter } of voices) {
    const before = filters.get(voice)
    filters.set(voice, before ? filter.map((byte, i) => byte | (before[i] ?? 0)) : filter)
  }
  return [...filters.values()]
}

function estimateOf(filters: readonly Uint8Array[]): Estimate | null {
  let kept = filters
  while (2 * kept.length > filters.length) {
    const joined = join(kept)
    const worst = kept
      .map((filter) => ({ filter, p: chanceOfAdding(filter, joined) }))
      .reduce((a, b) => (b.p < a.p ? b : a))
    if (worst.p >= leastChance / kept.length) return estimateFrom(kept, joined)
    kept = kept.filter((filter) => filter !== worst.filter)
  }
  return null
}

function estimateFrom(kept: readonly Uint8Array[], joined: Joined): Estimate {
  const { ones } = joined
  const mostAdded = kept.length > 1 ? Math.max(...kept.map((filter) => addedBy(filter, joined))) : 0
  const { low } = filterInterval(ones - mostAdded)
  const { high } = filterInterval(ones)
  const size = ones === 0 ? 0 : sizeFor(Math.max(1, bits - ones))
  const value = Math.max(low, Math.min(size, high ?? Infinity))
  return { value, low, high, n: kept.length, confidence, censored: high === null }
}

/** An honest node is left out once in a thousand estimates. */
const leastChance = 0.001

/**
 * The chance that an honest node would set so many bits that no other sets. With n nodes that hold an address with probability ½ each,
 * a given one alone holds one for every 2ⁿ − 2 that the others hold, and sets up to two bits where they have a zero. One of the others
 * may be the liar, and no witness; nor are those that hold nothing, unless all others do.
 */
function chanceOfAdding(filter: Uint8Array, joined: Joined): number {
  const added = addedBy(filter, joined)
  const zeros = bits - joined.ones + added
  if (joined.filters === 1 || added === 0 || zeros === 0) return 1
  const nodes = zeros === bits ? joined.filters : Math.max(2, joined.holding - 1)
  const alone = (sizeFor(zeros) + 1) / (2 ** nodes - 2)
  return poissonAtLeast(Math.ceil(added / 2), (alone * zeros) / bits)
}

interface Joined {
  filters: number
  /** Of them, those that are not empty. */
  holding: number
  ones: number
  /** Bits that exactly one filter sets. */
  lone: Uint8Array
}

function join(filters: readonly Uint8Array[]): Joined {
  const once = new Uint8Array(filterBytes)
  const twice = new Uint8Array(filterBytes)
  for (const filter of filters) {
    for (let i = 0; i < filterBytes; i++) {
      const byte = filter[i] ?? 0
      twice[i] = (twice[i] ?? 0) | ((once[i] ?? 0) & byte)
      once[i] = (once[i] ?? 0) | byte
    }
  }
  const holding = filters.filter((filter) => filter.some((byte) => byte > 0)).length
  const lone = once.map((byte, i) => byte & ~(twice[i] ?? 0))
  return { filters: filters.length, holding, ones: countOnes(once), lone }
}

function addedBy(filter: Uint8Array, { lone }: Joined): number {
  let count = 0
  for (let i = 0; i < filterBytes; i++) count += onesIn[(filter[i] ?? 0) & (lone[i] ?? 0)] ?? 0
  return count
}

const onesIn = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length)

function countOnes(filter: Uint8Array): number {
  let count = 0
  for (const byte of filter) count += onesIn[byte] ?? 0
  return count
}
