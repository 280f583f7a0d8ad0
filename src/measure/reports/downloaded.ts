/**
 * `downloaded` beside the HAVEs that a peer sent: between two announces of one session it must have risen by the bytes of the pieces that
 * were told of by HAVE within that time over an open connection. A piece may have been begun before the first announce: half of the
 * bytes, less eight pieces, is what surely came in between. Far above proves nothing: what is wasted is downloaded, too. With web
 * seeds, whose bytes not every client counts, nothing follows; nor from a super-seeder's or partial seed's HAVEs, who gain nothing.
 */
import type { Torrent } from "../../evidence.ts"
import { lagMs } from "./left.ts"
import type { Reporter } from "./matched.ts"
import { mayShowLess, type Moment } from "./moments.ts"
import { madeMs, type TimedReport } from "./sessions.ts"
import { surely } from "./sizes.ts"

export interface DownloadedTested {
  readonly from: TimedReport
  readonly to: TimedReport
  readonly roseBytes: number
  /** Pieces told of by HAVE in between, and how many bytes of them surely came in between. */
  readonly gained: number
  readonly leastBytes: number
  readonly moments: readonly Moment[]
}

/** The pair of announces that falls shortest, or for an honest client comes nearest to it. Null: no HAVE lies between any two. */
export function testDownloaded(
  { session, moments, peer }: Reporter,
  torrent: Torrent,
  slackMs: number,
): DownloadedTested | null {
  if (mayShowLess(peer) || session.doubled) return null
  const rows = session.rows.filter(({ downloadedBytes }) => downloadedBytes !== null)
  const pairs = rows.slice(1).map((to, i): [TimedReport | undefined, TimedReport] => [rows[i], to])
  // One announce more: what was gained before the one between is surely in it, should it have been sent again.
  for (const [i, to] of rows.slice(2).entries()) pairs.push([rows[i], to])
  const last = rows.at(-1)
  if (last && rows.length > 3) pairs.push([rows[0], last])
  let worst: DownloadedTested | null = null
  for (const [from, to] of pairs) {
    if (!from) continue
    const between = moments.filter(
      ({ ms }) => ms >= from.ms + slackMs + lagMs && ms <= madeMs(session, to) - slackMs,
    )
    const gained = gainedIn(between, moments)
    if (gained === 0) continue
    const roseBytes = (to.downloadedBytes ?? 0) - (from.downloadedBytes ?? 0)
    const leastBytes = surely(torrent, gained * torrent.pieceBytes)
    if (worst && leastBytes - roseBytes <= worst.leastBytes - worst.roseBytes) continue
    worst = { from, to, roseBytes, gained, leastBytes, moments: between }
  }
  return worst
}

/** What comes so soon after the claim belongs to it: a «lazy» bitfield holds some pieces back (µTorrent's, by default). */
const headMs = 5_000

/**
 * Within each visit alone: what was gained between two may have been found by a check of the files. A visit that begins with less
 * than was seen before shows what the peer held already, piece by piece (BEP 16), or has it checked.
 */
function gainedIn(between: readonly Moment[], all: readonly Moment[]): number {
  const visits = Map.groupBy(
    between.filter(({ visit }) => visit !== null),
    ({ visit }) => visit,
  )
  return [...visits].reduce((sum, [visit, seen]) => {
    const begins = all.find((moment) => moment.visit === visit)
    if (!begins || all.some(({ ms, count }) => ms < begins.ms && count > begins.count)) return sum
    const head = all.findLast((moment) => moment.visit === visit && moment.ms <= begins.ms + headMs)
    const from = Math.max(seen[0]?.count ?? 0, head?.count ?? 0)
    return sum + Math.max(0, (seen.at(-1)?.count ?? 0) - from)
  }, 0)
}
