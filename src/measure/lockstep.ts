/** Whether several peers gain their pieces as one. */
import type { Endpoint, Peer } from "../evidence.ts"
import { fromBase64 } from "../torrent/bitfield.ts"
import { binomialAtLeast } from "./statistics/tails.ts"

export interface Step {
  /** Pieces held from then on. */
  count: number
  ms: readonly [number, number]
}

/** Two peers, while both were watched. */
export interface Pair {
  peers: readonly [Endpoint, Endpoint]
  /** What either of them gained meanwhile, burst by burst. */
  steps: number
  /** Both came to the same count within `tightMs`. */
  tight: readonly Step[]
  /** Likewise within `looseMs`. */
  loose: number
  pValue: number
}

/**
 * Nobody who copies a piece is that fast: it must ask, receive, hash, and tell. Five libtorrents on one host, a slow seeder, no other
 * limit (2.0.8, loopback): from the first that had a piece to the last, at least 3.1 ms with pieces of 16 KiB (61 pieces), 21.5 ms with
 * 256 KiB (36), 84.8 ms with 1 MiB (56).
 */
export const tightMs = 2
const looseMs = 1_000
/** How much likelier than any other moment of a gap one may be at which two bursts meet. */
const clumping = 10
/** A burst's time is that of its last HAVE; a smaller gap is one burst's. */
const leastGapMs = 100

interface Point {
  atMs: number
  count: number
}

/** Compared are those of whom one holds all that the other holds, and who don't show it in stages (BEP 16). */
export function pairsOf(peers: readonly Peer[], pieceCount: number): Pair[] {
  const watched = peers.flatMap((peer) => {
    const bits = peer.bitfield === null ? null : fromBase64(peer.bitfield, pieceCount)
    const visits = visitsOf(peer)
    if (bits === null || visits.length === 0 || peer.extensions?.uploadOnly === true) return []
    return [{ peer, bits, visits }]
  })
  return watched.flatMap((one, i) =>
    watched.slice(i + 1).flatMap((other) => {
      const nested = isWithin(one.bits, other.bits) || isWithin(other.bits, one.bits)
      return (nested ? pairOf(one, other) : null) ?? []
    }),
  )
}

const isWithin = (some: Uint8Array, all: Uint8Array): boolean =>
  some.every((byte, i) => (byte & ~(all[i] ?? 0)) === 0)

/** Whether, of any two, one holds all that the other holds: as one client's pieces do, whenever it was asked. */
export function areNested(peers: readonly Peer[], pieceCount: number): boolean {
  const bits = peers
    .toSorted((a, b) => (a.haveCount ?? 0) - (b.haveCount ?? 0))
    .map(({ bitfield }) => (bitfield === null ? null : fromBase64(bitfield, pieceCount)))
  return bits.every((each, i) => {
    const next = bits[i + 1]
    return each !== null && (next === undefined || (next !== null && isWithin(each, next)))
  })
}

/** Counts over each visit, beginning with the claim. */
function visitsOf({ readings = [], haveEvents }: Peer): Point[][] {
  const visits = readings.length > 0 ? readings.map(({ events }) => events) : [haveEvents]
  return visits.filter(({ length }) => length > 1)
}

interface Watched {
  peer: Peer
  visits: readonly Point[][]
}

/**
 * The bound: in the gap before each burst of the first, a burst of the other's to the same count comes within ±2 ms of it with a chance
 * of at most 10·4 ms/gap, if no moment of the gap is more than ten times as likely as under independence; so many or more of n do so
 * with the binomial's tail at the largest of these chances. Holds against independent downloads of any order (rarest first, in
 * sequence), of any shared source; against copies of each other only `tightMs` does.
 */
function pairOf(one: Watched, other: Watched): Pair | null {
  const tight: Step[] = []
  let steps = 0
  let loose = 0
  let likeliest = 0
  for (const mine of one.visits)
    for (const theirs of other.visits) {
      const [from, to] = common(mine, theirs)
      const own = within(mine, from, to)
      const foreign = within(theirs, from, to)
      steps += Math.max(own.length, foreign.length)
      const byCount = new Map(foreign.map(({ count, atMs }) => [count, atMs]))
      for (const { count, atMs, gapMs } of own) {
        const met = byCount.get(count)
        likeliest = Math.max(likeliest, Math.min(1, (2 * tightMs * clumping) / gapMs))
        if (met === undefined || Math.abs(met - atMs) > looseMs) continue
        loose++
        if (Math.abs(met - atMs) <= tightMs) tight.push({ count, ms: [atMs, met] })
      }
    }
  if (steps === 0) return null
  const pValue = binomialAtLeast(tight.length, steps, likeliest)
  return { peers: [one.peer.address, other.peer.address], steps, tight, loose, pValue }
}

/** While both were told of gains: from the later claim to the earlier last burst, and a moment for who is told second. */
const common = (mine: readonly Point[], theirs: readonly Point[]): [number, number] => [
  Math.max(mine[0]?.atMs ?? Infinity, theirs[0]?.atMs ?? Infinity),
  Math.min(mine.at(-1)?.atMs ?? -Infinity, theirs.at(-1)?.atMs ?? -Infinity) + tightMs,
]

const within = (points: readonly Point[], from: number, to: number): (Point & { gapMs: number })[] =>
  points.slice(1).flatMap((point, i) => {
    const before = points[i]
    if (before === undefined || point.count <= before.count || point.atMs <= from || point.atMs > to)
      return []
    return [{ ...point, gapMs: Math.max(leastGapMs, point.atMs - before.atMs) }]
  })

/** Peers that `isLinked` pairs join, directly or through others. */
export function groupsOf(pairs: readonly Pair[], isLinked: (pair: Pair) => boolean): Endpoint[][] {
  const groups: Set<Endpoint>[] = []
  for (const { peers } of pairs.filter(isLinked)) {
    const mine = groups.filter((group) => peers.some((address) => group.has(address)))
    for (const group of mine) groups.splice(groups.indexOf(group), 1)
    groups.push(new Set([...mine.flatMap((group) => [...group]), ...peers]))
  }
  return groups.map((group) => [...group])
}
