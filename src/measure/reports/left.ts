/**
 * `left` beside the pieces that a peer showed. What a client lacks only shrinks while it runs, unless it checks its files anew and finds
 * them gone; so an announce says too little if fewer bytes were left than later were still missing, and too much if more were left than
 * were missing before.
 *
 * - Pieces begun: a report may count parts of pieces as held. Of the bytes that were missing, half less eight pieces are taken as
 *   surely missing.
 * - Another check of the files: an announce contradicts what was seen *before and after* it over one open connection; or two announces
 *   contradict what was seen between them, while `downloaded` didn't rise by as much as it would have taken. Else it stays doubtful.
 * - An announce may be sent again, and then tells how things were up to a minute before: "before it" is before that.
 * - HAVEs are late behind piece data: what was seen counts from five seconds after an announce.
 * - Files not wanted: some clients report what is left of the wanted ones. Where a torrent has several files, only what a peer went on to
 *   gain counts as what it had left.
 * - Before it has the metadata (BEP 9) a client says any number: it must have shown pieces before.
 * - Super-seeders and partial seeds show less than they hold, or want no more: never judged to say too little.
 */
import type { Torrent } from "../../evidence.ts"
import type { Reporter } from "./matched.ts"
import { madeMs, type TimedReport } from "./sessions.ts"
import { mayShowLess, type Moment } from "./moments.ts"
import { hasChoice, missingBytes, surely } from "./sizes.ts"

/** Piece messages that a slow link still has to send before a HAVE. */
export const lagMs = 5_000

export interface LeftContradiction {
  readonly says: "too little" | "too much"
  readonly rows: readonly TimedReport[]
  readonly moments: readonly Moment[]
  /** What an honest client would have reported: at least (too little) or at most (too much). */
  readonly boundBytes: number
  /** False: a check of its files between would explain it. */
  readonly certain: boolean
}

export interface LeftTested {
  /** Announces with something to hold them against. */
  readonly compared: number
  readonly contradictions: readonly LeftContradiction[]
}

export function testLeft(
  reporter: Reporter,
  torrent: Torrent,
  { slackMs, webSeeds }: { slackMs: number; webSeeds: boolean },
): LeftTested {
  const { session, moments, peer } = reporter
  const rows = session.rows.filter(({ leftBytes }) => leftBytes !== null)
  const mayLow = !mayShowLess(peer)
  const isLow = (row: TimedReport, moment: Moment, to: Moment = moment) =>
    mayLow && moment.count > 0 && (row.leftBytes ?? 0) < leastLeft(torrent, moment, to)
  const isHigh = (row: TimedReport, moment: Moment) => (row.leftBytes ?? 0) > mostLeft(torrent, moment)
  const latest = moments.at(-1)
  const found: LeftContradiction[] = []
  let compared = 0

  for (const row of rows) {
    const before = moments.findLast(({ ms }) => ms <= row.ms - slackMs)
    const shown = moments.findLast(({ ms }) => ms <= madeMs(session, row) - slackMs)
    const after = moments.find(({ ms }) => ms >= row.ms + slackMs + lagMs)
    const heard = moments.find(({ ms, silent }) => !silent && ms >= row.ms + slackMs + lagMs)
    if (before || after) compared++
    if (heard && latest && isLow(row, heard, latest)) {
      const certain = shown !== undefined && shown.count > 0 && isOneVisit(shown, heard)
      const boundBytes = leastLeft(torrent, heard, latest)
      const first = certain ? shown : before
      const seen = [...(first ? [first] : []), heard, ...(latest === heard ? [] : [latest])]
      found.push({ says: "too little", rows: [row], moments: seen, boundBytes, certain })
    }
    if (before && isHigh(row, before)) {
      const certain =
        shown !== undefined &&
        isHigh(row, shown) &&
        after !== undefined &&
        after.count >= shown.count &&
        isOneVisit(shown, after)
      const against = certain ? shown : before
      const seen = [against, ...(after ? [after] : [])]
      found.push({
        says: "too much",
        rows: [row],
        moments: seen,
        boundBytes: mostLeft(torrent, against),
        certain,
      })
    }
  }
  if (!webSeeds) found.push(...unmoved(rows))
  return { compared, contradictions: found }

  /** The announces before and after something was seen that both of them deny. */
  function* unmoved(all: readonly TimedReport[]): Generator<LeftContradiction> {
    for (const moment of moments) {
      const first = all.findLast(({ ms }) => ms <= moment.ms - slackMs)
      const second = all.find((row) => madeMs(session, row) >= moment.ms + slackMs)
      if (!first || !second || first.downloadedBytes === null || second.downloadedBytes === null) continue
      const took = second.downloadedBytes - first.downloadedBytes
      const least = leastLeft(torrent, moment, moment)
      const isSettled = !moment.silent && first.ms <= moment.ms - slackMs - lagMs
      const low = isSettled && isLow(first, moment) && (second.leftBytes ?? 0) + took < least
      const most = mostLeft(torrent, moment)
      const high =
        isHigh(first, moment) &&
        isHigh(second, moment) &&
        took < surely(torrent, (first.leftBytes ?? 0) - most)
      if (!low && !high) continue
      yield {
        says: low ? "too little" : "too much",
        rows: [first, second],
        moments: [moment],
        boundBytes: low ? least : most,
        certain: true,
      }
      return
    }
  }
}

/** Over one open connection: who checks its files anew hangs up. */
const isOneVisit = (a: Moment, b: Moment): boolean => a.visit !== null && a.visit === b.visit

/** What surely was left before `moment`; of several files, what was gained from then on. */
function leastLeft(torrent: Torrent, moment: Moment, latest: Moment): number {
  const gained = Math.max(0, latest.count - moment.count) * torrent.pieceBytes
  return surely(torrent, hasChoice(torrent) ? gained : missingBytes(torrent, moment.count).low)
}

/** Two pieces more: one whose hash was wrong, and one that was being checked. */
const mostLeft = (torrent: Torrent, moment: Moment): number =>
  missingBytes(torrent, moment.count).high + 2 * torrent.pieceBytes
