/**
 * The log's clock beside ours. Our own announces are in the log too, under our listening port and our client's prefix: each was written
 * between our sending it and the reply. Where they aren't, or can't be told apart, the clocks are taken to agree within a minute, as
 * clocks that anybody sets do; but that is no proof, and nobody is accused by it.
 */
import type { Announce, AnnounceReport, Evidence } from "../../evidence.ts"

export interface Clock {
  /** The log's time less ours, ms. */
  readonly offsetMs: number
  /** Beyond that, an order of times is certain. */
  readonly slackMs: number
  /** Our own announces were found in the log: the two figures above are measured. */
  readonly known: boolean
  /** Rows that are our own announces. */
  readonly own: ReadonlySet<AnnounceReport>
}

/** Why nobody is accused where `known` is false. */
export const unknownClock =
  "no announce of ours tells how the log's clock goes, and it may be wrong by minutes"

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
  const rows = reports.filter(
    ({ address, peerId }) => portOf(address) === run.vantage.port && isOfThisTool(peerId),
  )
  // Other runs of this tool, or another auditor's, have a peer id each.
  const runs = [...Map.groupBy(rows, ({ peerId }) => peerId).values()]
  const [ours, ...others] = runs
    .flatMap((own) => offsetOf(own, sent) ?? [])
    .toSorted((a, b) => Math.abs(a.offsetMs) - Math.abs(b.offsetMs))
  if (!ours || (runs.length > 1 && Math.abs(ours.offsetMs) > uncheckedMs) || others.some(isNear))
    return { offsetMs: 0, slackMs: uncheckedMs, known: false, own: new Set() }
  return { ...ours, slackMs: ours.slackMs + apartMs(run, trackers), known: true }
}

/**
 * How far our own two clocks went apart: moments of a visit are told by the run's, which leaves out what this process stood still, and
 * announces by the wall's, which somebody may have set.
 */
function apartMs({ startedAt }: Evidence["run"], trackers: Evidence["trackers"]): number {
  const stamps = trackers.flatMap(({ announces, scrape }) => [
    ...announces.filter(({ reused }) => !reused),
    ...(scrape && !announces.some(({ reused }) => reused) ? [scrape] : []),
  ])
  return stamps.reduce(
    (most, { at, atMs }) => Math.max(most, Math.abs(Date.parse(at) - Date.parse(startedAt) - atMs)),
    0,
  )
}

/** Which of several is ours can't be told: both fit. */
const isNear = ({ offsetMs }: Pick<Clock, "offsetMs">): boolean => Math.abs(offsetMs) <= uncheckedMs

const isOfThisTool = (peerId: string | null): boolean => peerId !== null && /^2d5441(?:..){4}2d/.test(peerId)

/** Null: none of these rows is surely one of those sent. */
function offsetOf(rows: readonly AnnounceReport[], sent: readonly Announce[]): Omit<Clock, "known"> | null {
  const pairs = sent.flatMap((announce) => {
    const candidates = rows.filter(
      (row) =>
        row.event === announce.event && Math.abs(Date.parse(row.at) - Date.parse(announce.at)) < mostOffsetMs,
    )
    const [row] = candidates
    return row !== undefined && candidates.length === 1 ? [{ announce, row }] : []
  })
  if (pairs.length === 0) return null
  const latest = pairs.map(({ announce, row }) => Date.parse(row.at) - Date.parse(announce.at))
  const earliest = pairs.map(({ announce }, i) => (latest[i] ?? 0) - (announce.ms ?? 0))
  const [low, high] = [Math.min(...earliest), Math.max(...latest)]
  return { offsetMs: (low + high) / 2, slackMs: (high - low) / 2 + resolutionMs, own: new Set(rows) }
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1))
