/**
 * The log's clock beside ours. Our own announces are in the log too, under our listening port: each was written between our sending it and
 * the reply. Where they can't be told apart, the clocks are taken to agree within a minute, as clocks that anybody sets do.
 */
import type { AnnounceReport, Evidence } from "../../evidence.ts"

export interface Clock {
  /** The log's time less ours, ms. */
  readonly offsetMs: number
  /** Beyond that, an order of times is certain. */
  readonly slackMs: number
  /** Rows that are our own announces. */
  readonly own: ReadonlySet<AnnounceReport>
}

/** An access log's second, and a reply that took its time. */
const resolutionMs = 1_000
const uncheckedMs = 60_000
/** Beyond that it isn't the clock: it is another run of ours with the same port. */
const mostOffsetMs = 26 * 3_600_000

export function clockOf(
  reports: readonly AnnounceReport[],
  { run, trackers }: Pick<Evidence, "run" | "trackers">,
): Clock {
  const sent = trackers
    .flatMap(({ announces }) => announces)
    .filter(({ ok, reused }) => ok && !reused)
    .toSorted((a, b) => a.atMs - b.atMs)
  const rows = reports.filter(({ address }) => portOf(address) === run.vantage.port)
  const peerIds = new Set(rows.map(({ peerId }) => peerId))
  const pairs = sent.flatMap((announce) => {
    const candidates = rows.filter(
      (row) =>
        row.event === announce.event && Math.abs(Date.parse(row.at) - Date.parse(announce.at)) < mostOffsetMs,
    )
    const [row] = candidates
    return row !== undefined && candidates.length === 1 ? [{ announce, row }] : []
  })
  if (pairs.length === 0 || peerIds.size > 1)
    return { offsetMs: 0, slackMs: uncheckedMs, own: new Set(peerIds.size > 1 ? [] : rows) }
  const latest = pairs.map(({ announce, row }) => Date.parse(row.at) - Date.parse(announce.at))
  const earliest = pairs.map(({ announce }, i) => (latest[i] ?? 0) - (announce.ms ?? 0))
  const [low, high] = [Math.min(...earliest), Math.max(...latest)]
  return { offsetMs: (low + high) / 2, slackMs: (high - low) / 2 + resolutionMs, own: new Set(rows) }
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1))
