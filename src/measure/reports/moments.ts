/** When a peer was seen to hold how many pieces: in this run's visits and in earlier runs. */
import type { Earlier, Evidence, Peer, PeerReading } from "../../evidence.ts"

export interface Moment {
  /** Since 1970. */
  readonly ms: number
  readonly count: number
  /** Moments of one visit were seen over one connection; null: an earlier run's. */
  readonly visit: number | null
  readonly peerId: string | null
  /** The visit ended then, with nothing new: a peer that fell silent may hold more by now. */
  readonly silent: boolean
}

/** In order of time. */
export function momentsOf(peer: Peer, { run, earlier }: Pick<Evidence, "run" | "earlier">): Moment[] {
  const startMs = Date.parse(run.startedAt)
  const now = (peer.readings ?? []).flatMap((reading, visit): Moment[] => {
    const { fromMs, toMs, fromCount, toCount, peerId, events } = reading
    const seen = [
      { atMs: fromMs, count: fromCount, silent: false },
      ...events
        .filter(({ atMs }) => atMs > fromMs && atMs <= toMs)
        .map(({ atMs, count }) => ({ atMs, count, silent: false })),
      { atMs: toMs, count: toCount, silent: true },
    ]
    return seen.map(({ atMs, count, silent }) => ({ ms: startMs + atMs, count, visit, peerId, silent }))
  })
  const byAddress = earlier ? readingsAt(earlier) : null
  const before = [...new Set([peer.address, ...peer.alsoAt])]
    .flatMap((home) => byAddress?.get(home) ?? [])
    .toSorted((a, b) => a.nth - b.nth)
    .flatMap(({ readings }) => readings)
    .map(({ at, haveCount, peerId }): Moment => ({
      ms: Date.parse(at),
      count: haveCount,
      visit: null,
      peerId,
      silent: false,
    }))
  return [...before, ...now].toSorted((a, b) => a.ms - b.ms)
}

interface ReadingsOfOne {
  /** In the record's order. */
  nth: number
  readings: readonly PeerReading[]
}

const byRecord = new WeakMap<Earlier, Map<string, ReadingsOfOne[]>>()

/** Looked up for every peer, and read once. */
function readingsAt(earlier: Earlier): ReadonlyMap<string, ReadingsOfOne[]> {
  const known = byRecord.get(earlier)
  if (known) return known
  const found = new Map<string, ReadingsOfOne[]>()
  for (const [nth, { address, readings }] of earlier.peers.entries()) {
    const one = { nth, readings }
    const own = found.get(address)
    if (own) own.push(one)
    else found.set(address, [one])
  }
  byRecord.set(earlier, found)
  return found
}

/** A super-seeder (BEP 16) shows a piece or two at first, on every connection anew. */
const mostStaged = 8

/** Holds all, or may: it shows its pieces one by one, or wants no more of them (BEP 21). */
export const mayShowLess = ({ readings, extensions }: Peer): boolean =>
  extensions?.uploadOnly === true ||
  extensions?.uploadOnlyChanged === true ||
  (readings ?? []).every(({ fromCount }) => fromCount <= mostStaged)
