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
import type { TimedReport } from "./sessions.ts"
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
  const last = rows.at(-1)
  if (last && rows.length > 2) pairs.push([rows[0], last])
  let worst: DownloadedTested | null = null
  for (const [from, to] of pairs) {
    if (!from) continue
    const between = moments.filter(({ ms }) => ms >= from.ms + slackMs + lagMs && ms <= to.ms - slackMs)
    const gained = gainedIn(between)
    if (gained === 0) continue
    const roseBytes = (to.downloadedBytes ?? 0) - (from.downloadedBytes ?? 0)
    const leastBytes = surely(torrent, gained * torrent.pieceBytes)
    if (worst && leastBytes - roseBytes <= worst.leastBytes - worst.roseBytes) continue
    worst = { from, to, roseBytes, gained, leastBytes, moments: between }
  }
  return worst
}

/** Within each visit alone: what was gained between two may have been found by a check of the files. */
function gainedIn(moments: readonly Moment[]): number {
  const visits = Map.groupBy(
    moments.filter(({ visit }) => visit !== null),
    ({ visit }) => visit,
  )
  return [...visits.values()].reduce(
    (sum, seen) => sum + Math.max(0, (seen.at(-1)?.count ?? 0) - (seen[0]?.count ?? 0)),
    0,
  )
}
