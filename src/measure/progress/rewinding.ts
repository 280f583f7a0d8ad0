import { rewindsOf, type Rewind } from "../progress.ts"
import type { Point, Track } from "./tracks.ts"

const leastRatio = 0.05
const leastPieces = 4
const leastRewinds = 3

/** A twentieth of the pieces, and four: what is less may be a few damaged pieces. */
export const leastLost = (pieceCount: number): number =>
  Math.max(leastPieces, Math.ceil(leastRatio * pieceCount))

export interface Rewinding {
  /** Every rewind that is more than a few pieces. */
  rewinds: Rewind[]
  often: boolean
  /** Those that one process, which never restarted, tells of; empty: too few, and nothing is proven. */
  proven: Fall[]
}

export interface Fall {
  from: string
  to: string
  fromCount: number
  toCount: number
}

/**
 * What honest clients do, and what is left once it is taken away:
 * - A restart with lost resume data, a restored disk or container, another client at that address: the peer id changes, and falls
 *   across a change don't count. (libtorrent makes a new one for each connection: nothing can be proven of it.)
 * - Super-seeding begins each visit with nothing, also when it is switched on: falls to nothing don't count.
 * - A lazy bitfield holds pieces back and tells of them by HAVE: only what is claimed at the end of each visit counts, and only a fall
 *   below nine tenths, should a visit end early (libtorrent holds back a tenth at most, and only as a seeder).
 * - A check of the finished download may find bad pieces, again and again on a failing disk: whoever was complete in that session isn't
 *   accused.
 * - A client that keeps a window of pieces in memory (streaming) swaps pieces and takes none back: only the count's fall is taken.
 * - A forced recheck of a damaged download takes what was damaged, once; files deleted bit by bit only fall.
 * So three falls of the count, each of at least a twentieth of the pieces (and four), within one process at one address, and between
 * two of them the same number gained again. An honest one would have to lose and download that much three times over, and be rechecked
 * by hand each time. A peer id that somebody else has too, or one that takes pieces back openly (BEP 54), proves nothing.
 */
export function rewindingOf(
  track: Track,
  pieceCount: number,
  isShared: (peerId: string) => boolean,
): Rewinding {
  const least = leastLost(pieceCount)
  const rewinds = rewindsOf(track, pieceCount).filter(({ lost }) => lost >= least)
  const often = rewinds.length >= leastRewinds
  const sessions = Map.groupBy(track.points, ({ address, peerId }) => `${address} ${peerId}`)
  const proven = [...sessions.values()].map((points) => {
    const id = points[0]?.peerId ?? null
    return track.withdraws || id === null || isShared(id) ? [] : fallsOf(points, pieceCount, least)
  })
  const most = proven.reduce<Fall[]>((a, b) => (b.length > a.length ? b : a), [])
  return { rewinds, often, proven: most.length >= leastRewinds ? most : [] }
}

const mostAfter = 0.9

/** Falls of the count, with as much gained again since the one before. */
function fallsOf(points: readonly Point[], pieceCount: number, least: number): Fall[] {
  if (points.some(({ count }) => count === pieceCount)) return []
  const falls: Fall[] = []
  let floor: number | null = null
  for (const [i, q] of points.entries()) {
    const p = points[i - 1]
    if (p === undefined || p.uploadOnly === true || q.uploadOnly === true) continue
    if (q.fromCount === null || q.fromCount === 0 || q.count >= mostAfter * pieceCount) continue
    if (p.count - q.count < least || (floor !== null && p.count - floor < least)) continue
    falls.push({ from: p.at, to: q.at, fromCount: p.count, toCount: q.count })
    floor = q.count
  }
  return falls
}
