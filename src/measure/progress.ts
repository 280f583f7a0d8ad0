/**
 * How peers' claims changed between runs: who was seen to complete, who lost pieces, who gained none. All of it is what peers say of
 * themselves. Left out, since their claims don't tell what they hold: who super-seeds (BEP 16) or may (it begins with nothing), who
 * only uploads (BEP 21), and who takes pieces back openly (BEP 54).
 */
import type { Evidence } from "../evidence.ts"
import { once } from "./once.ts"
import { downloadsRise, type DownloadsRise } from "./progress/downloads.ts"
import { tracksOf, type Point, type Track } from "./progress/tracks.ts"

export interface Change {
  address: string
  client: string | null
  /** Of the readings before and after. */
  from: string
  to: string
  fromCount: number
  toCount: number
}

export interface Rewind extends Change {
  lost: number
  samePeerId: boolean
  /** When it claimed as much again; null: not yet. */
  regainedAt: string | null
}

export interface Stall {
  address: string
  client: string | null
  from: string
  to: string
  haveCount: number
  runs: number
}

export interface Progress {
  from: string
  to: string
  /** This one included. */
  runs: number
  confirmedCompletions: Change[]
  downloadsRise: DownloadsRise[]
  rewinds: Rewind[]
  stalled: Stall[]
}

type Seen = Pick<Evidence, "run" | "torrent" | "trackers" | "peers" | "earlier">

/** Null: no earlier run is known. */
export const progressOf = once(["run", "torrent", "trackers", "peers", "earlier"], readProgress)

function readProgress(evidence: Seen): Progress | null {
  const { earlier, run, torrent, trackers } = evidence
  const first = earlier?.runs[0]
  if (!earlier || first === undefined || torrent.pieceCount === 0) return null
  const tracks = tracksOf(evidence)
  return {
    from: first.at,
    to: new Date(Date.parse(run.startedAt) + Math.round(run.durationMs)).toISOString(),
    runs: earlier.runs.length + 1,
    confirmedCompletions: tracks.flatMap((track) => completionOf(track, torrent.pieceCount) ?? []),
    downloadsRise: downloadsRise(earlier, trackers),
    rewinds: tracks.flatMap((track) => rewindsOf(track, torrent.pieceCount)),
    stalled: tracks.flatMap((track) => stallOf(track, torrent.pieceCount) ?? []),
  }
}

const step = (p: Point, q: Point, address: string): Change => ({
  address,
  client: q.client,
  from: p.at,
  to: q.at,
  fromCount: p.count,
  toCount: q.count,
})

/** What it shows may be a part of what it holds: all the same to who only uploads, and to one that begins with nothing each time. */
const isReticent = ({ uploadOnly, fromCount }: Point): boolean => uploadOnly === true || fromCount === 0

/**
 * A leecher (a visit to it began with some pieces and ended with some, not all) that at a later visit held every piece, for the first
 * time. What happens within one visit may be a lazy bitfield.
 */
function completionOf({ address, points }: Track, pieceCount: number): Change | null {
  const last = points.findIndex(({ count }) => count === pieceCount)
  const whole = points[last]
  if (whole === undefined) return null
  const before = points.slice(0, last).findLast((point) => point.count > 0 && !isReticent(point))
  return before === undefined ? null : step(before, whole, address)
}

/**
 * Pieces claimed at the end of one visit and not at the end of the next, at least. What a visit begins with is no measure: lazy
 * bitfields hold some pieces back and tell of them by HAVE.
 */
function lostBetween(p: Point, q: Point): number {
  const toldLater = q.count - (q.fromCount ?? q.count)
  let missing = 0
  if (p.bits && q.bits && p.bits !== q.bits) {
    const later = q.bits
    for (const [at, byte] of p.bits.entries()) missing += ones(byte & ~(later[at] ?? 0))
  }
  return Math.max(0, p.count - q.count, missing, (q.gone ?? 0) - toldLater)
}

function ones(byte: number): number {
  let count = 0
  for (let rest = byte; rest > 0; rest &= rest - 1) count++
  return count
}

/** Times between two readings at which it lost pieces. */
export function rewindsOf({ address, points, withdraws }: Track, pieceCount: number): Rewind[] {
  if (withdraws) return []
  return points.flatMap((q, i) => {
    const p = points[i - 1]
    if (p === undefined || q.uploadOnly === true) return []
    // Who has every piece only uploads, and hides none.
    if (p.uploadOnly === true && p.count < pieceCount) return []
    // Whoever begins with nothing may super-seed, if it held all or began so before.
    if (q.fromCount === 0 && (p.fromCount === 0 || p.count === pieceCount)) return []
    const lost = lostBetween(p, q)
    if (lost === 0) return []
    const regained = points.slice(i).find(({ count }) => count >= p.count)
    const samePeerId = p.peerId !== null && p.peerId === q.peerId
    return [{ ...step(p, q, address), lost, samePeerId, regainedAt: regained?.at ?? null }]
  })
}

/** Fewer readings may be one piece that takes long. */
const leastRuns = 3

/** Of a leecher met in this run: as far as at the last readings of at least two earlier ones. */
export function stallOf(track: Track, pieceCount: number): Stall | null {
  const { address, points, reached, withdraws } = track
  const latest = points.at(-1)
  if (!reached || withdraws || latest === undefined) return null
  if (latest.count === 0 || latest.count === pieceCount) return null
  const moved = points.findLastIndex(
    (point) => point.count !== latest.count || point.fromCount !== latest.count || isReticent(point),
  )
  const still = points.slice(moved + 1)
  const first = still[0]
  const runs = new Set(still.map(({ run }) => run)).size
  if (first === undefined || runs < leastRuns) return null
  return {
    address,
    client: latest.client,
    from: first.at,
    to: latest.at,
    haveCount: latest.count,
    runs,
  }
}
