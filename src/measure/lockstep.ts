/** Whether several peers gain their pieces as one. */
import type { Endpoint, Peer, Span } from "../evidence.ts"
import { fromBase64, isWithin } from "../torrent/bitfield.ts"
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
  tight: number
  /** The first of these. */
  first: readonly Step[]
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
/** Steps of a pair, for a reader to check. */
const mostShown = 3

interface Point {
  atMs: number
  count: number
}

/** Compared are those of whom one holds all that the other holds, and who don't show it in stages (BEP 16). */
export function pairsOf(peers: readonly Peer[], pieceCount: number): Pair[] {
  const watched = peers.flatMap((peer) => {
    const visits = visitsOf(peer)
    if (peer.bitfield === null || visits.length === 0 || peer.extensions?.uploadOnly === true) return []
    const bits = fromBase64(peer.bitfield, pieceCount)
    return bits === null ? [] : [{ peer, bits, visits }]
  })
  return watched.flatMap((one, i) =>
    watched.slice(i + 1).flatMap((other) => {
      const isNested = () => isWithin(one.bits, other.bits) || isWithin(other.bits, one.bits)
      return (areTogether(one, other) && isNested() ? pairOf(one, other) : null) ?? []
    }),
  )
}

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

interface Gain extends Point {
  /** Since the burst before. */
  gapMs: number
}

/** A visit, made ready once for all the pairs that it is in. */
interface Visit {
  fromMs: number
  toMs: number
  gains: readonly Gain[]
  /** When it came to that count: more than once, if it took pieces back. */
  reachedMs: ReadonlyMap<number, readonly number[]>
}

/** Counts over each visit, beginning with the claim. */
function visitsOf({ readings = [], haveEvents }: Peer): Visit[] {
  const visits = readings.length > 0 ? readings.map(({ events }) => events) : [haveEvents]
  return oneByOne(visits.filter(({ length }) => length > 1).map(visitOf))
}

/** In order of time. We have one connection with a peer at a time: what overlaps the visit before it is no record of ours. */
function oneByOne(visits: readonly Visit[]): Visit[] {
  const kept: Visit[] = []
  for (const visit of visits.toSorted((a, b) => a.fromMs - b.fromMs))
    if (visit.fromMs >= (kept.at(-1)?.toMs ?? -Infinity)) kept.push(visit)
  return kept
}

function visitOf(points: readonly Point[]): Visit {
  const gains = points.slice(1).flatMap(({ atMs, count }, i) => {
    const before = points[i]
    if (before === undefined || count <= before.count) return []
    return [{ atMs, count, gapMs: Math.max(leastGapMs, atMs - before.atMs) }]
  })
  const reachedMs = new Map<number, number[]>()
  for (const { atMs, count } of gains) {
    const times = reachedMs.get(count)
    if (times) times.push(atMs)
    else reachedMs.set(count, [atMs])
  }
  return { fromMs: points[0]?.atMs ?? Infinity, toMs: points.at(-1)?.atMs ?? -Infinity, gains, reachedMs }
}

interface Watched {
  peer: Peer
  visits: readonly Visit[]
}

/** No more than two of an address are visited at once: most pairs end here. */
const areTogether = (one: Watched, other: Watched): boolean =>
  one.visits.some((mine) => near(other.visits, mine).some((theirs) => isCommon(spanOf(mine, theirs))))

/** Those that may have something in common with it, of some that follow each other. */
function near(visits: readonly Visit[], { fromMs, toMs }: Visit): readonly Visit[] {
  const first = visits.findIndex((each) => each.toMs + tightMs >= fromMs)
  if (first < 0) return []
  const beyond = visits.findIndex((each, i) => i >= first && each.fromMs > toMs + tightMs)
  return visits.slice(first, beyond < 0 ? visits.length : beyond)
}

/** While both were told of gains: from the later claim to the earlier last burst, and a moment for who is told second. */
const spanOf = (mine: Visit, theirs: Visit): Span => [
  Math.max(mine.fromMs, theirs.fromMs),
  Math.min(mine.toMs, theirs.toMs) + tightMs,
]
const isCommon = ([fromMs, toMs]: Span): boolean => fromMs < toMs

/**
 * The bound: in the gap before each burst of the first, a burst of the other's to the same count comes within ±2 ms of it with a chance
 * of at most 10·4 ms/gap, if no moment of the gap is more than ten times as likely as under independence; so many or more of n do so
 * with the binomial's tail at the largest of these chances. Holds against independent downloads of any order (rarest first, in
 * sequence), of any shared source; against copies of each other only `tightMs` does.
 */
function pairOf(one: Watched, other: Watched): Pair | null {
  const first: Step[] = []
  let tight = 0
  let steps = 0
  let loose = 0
  let likeliest = 0
  for (const mine of one.visits)
    for (const theirs of near(other.visits, mine)) {
      const [fromMs, toMs] = spanOf(mine, theirs)
      const isMeanwhile = (atMs: number) => atMs > fromMs && atMs <= toMs
      let own = 0
      for (const { atMs, count, gapMs } of mine.gains) {
        if (!isMeanwhile(atMs)) continue
        own++
        likeliest = Math.max(likeliest, Math.min(1, (2 * tightMs * clumping) / gapMs))
        const met = theirs.reachedMs.get(count)?.findLast(isMeanwhile)
        if (met === undefined || Math.abs(met - atMs) > looseMs) continue
        loose++
        if (Math.abs(met - atMs) > tightMs) continue
        tight++
        if (first.length < mostShown) first.push({ count, ms: [atMs, met] })
      }
      steps += Math.max(own, theirs.gains.filter(({ atMs }) => isMeanwhile(atMs)).length)
    }
  if (steps === 0) return null
  const pValue = binomialAtLeast(tight, steps, likeliest)
  return { peers: [one.peer.address, other.peer.address], steps, tight, first, loose, pValue }
}

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
