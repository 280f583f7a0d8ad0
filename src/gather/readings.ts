/** What each visit showed of a peer's progress. */
import type { Peer, Reading } from "../evidence.ts"
import { countPieces } from "../torrent/bitfield.ts"
import type { SessionRecord } from "../wire/session.ts"
import { createSeries } from "../wire/series.ts"

/** The schema's bounds. */
const maxReadings = 64
const maxEvents = 256
const eventSpacingMs = 100

/** One for each visit that said itself what the peer holds, in order; of too many, the last. */
export function readingsOf(visits: readonly SessionRecord[]): Reading[] {
  const readings: Reading[] = []
  let before: Uint8Array | null = null
  for (const visit of visits) {
    const { start, pieces } = visit
    if (start === null || pieces === null) continue
    readings.push({
      fromMs: start.atMs,
      toMs: Math.max(start.atMs, endOf(visit)),
      fromCount: start.count,
      toCount: countPieces(pieces),
      gained: visit.gainedPieces,
      withdrawn: visit.withdrawnClaims,
      gone: before && countLacking(before, start.pieces),
      peerId: visit.peerId,
      events: thinned(visit.haveEvents),
    })
    before = pieces
  }
  return readings.slice(-maxReadings)
}

/** Since the start of the run; of a visit that isn't over, what it last showed. */
const endOf = ({ atMs, closedMs, haveEvents, start }: SessionRecord): number =>
  closedMs === null ? (haveEvents.at(-1)?.atMs ?? start?.atMs ?? atMs) : atMs + closedMs

function countLacking(before: Uint8Array, now: Uint8Array): number {
  const lacking = before.map((byte, at) => byte & ~(now[at] ?? 0))
  return countPieces(lacking)
}

function thinned(events: Peer["haveEvents"]): Reading["events"] {
  const series = createSeries<Reading["events"][number]>({
    maxPoints: maxEvents,
    spacingMs: eventSpacingMs,
    timeOf: ({ atMs }) => atMs,
    inSteps: true,
  })
  for (const { atMs, count } of events) series.add({ atMs, count })
  return series.points
}
