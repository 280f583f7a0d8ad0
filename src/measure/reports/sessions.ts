/** What one client told a tracker, from one `started` to the next: within that its counters only grow. */
import type { AnnounceReport } from "../../evidence.ts"
import type { Clock } from "./clock.ts"

/** `ms`: since 1970, on our clock. */
export type TimedReport = AnnounceReport & { readonly ms: number }

export interface ReportSession {
  readonly address: string
  readonly peerId: string | null
  readonly rows: readonly TimedReport[]
  /** The log has its `started`: before that, the client wasn't there. */
  readonly begun: boolean
  /** Before that it, or who was there before it, was another session's; −∞: not known. */
  readonly sinceMs: number
  /** It said `stopped`: after that, it was gone. */
  readonly ended: boolean
  /** When somebody else, or another session, was first heard of at that address afterwards; infinite: never. */
  readonly untilMs: number
  /** It began twice within a moment: one client that tells two trackers of one log, each counting on its own. */
  readonly doubled: boolean
}

/** A client that announces to two trackers starts with both at once. */
const atOnceMs = 120_000

/** A client that isn't answered sends the same announce again, its figures as they were (BEP 15: after 15 s, 30 s more, …). */
const resentMs = 60_000

/** When a row's figures were true at the earliest: hardly before the announce that came before it. */
export const madeMs = ({ rows }: Pick<ReportSession, "rows">, row: TimedReport): number =>
  Math.max(rows[rows.indexOf(row) - 1]?.ms ?? -Infinity, row.ms - resentMs)

/** Of each address, in order of time. */
export function sessionsOf(
  reports: readonly AnnounceReport[],
  clock: Pick<Clock, "offsetMs">,
): Map<string, ReportSession[]> {
  const byAddress = new Map<string, TimedReport[]>()
  for (const report of reports) {
    const rows = byAddress.get(report.address) ?? []
    rows.push({ ...report, ms: Date.parse(report.at) - clock.offsetMs })
    byAddress.set(report.address, rows)
  }
  return new Map([...byAddress].map(([address, rows]) => [address, cut(address, rows)]))
}

function cut(address: string, rows: readonly TimedReport[]): ReportSession[] {
  const parts: TimedReport[][] = []
  let last: TimedReport | null = null
  for (const row of rows) {
    if (last === null || isNew(last, row)) parts.push([row])
    else parts.at(-1)?.push(row)
    last = row
  }
  const starts = rows.filter(({ event }) => event === "started")
  return parts.map((part, i) => ({
    address,
    peerId: part[0]?.peerId ?? null,
    rows: part,
    begun: part[0]?.event === "started",
    sinceMs: part[0]?.event === "started" ? part[0].ms : (parts[i - 1]?.at(-1)?.ms ?? -Infinity),
    ended: part.at(-1)?.event === "stopped",
    untilMs: parts[i + 1]?.[0]?.ms ?? Infinity,
    doubled: part.some((row) => starts.some((start) => start !== row && isTwin(start, row))),
  }))
}

const isTwin = (start: TimedReport, row: TimedReport): boolean =>
  row.event === "started" && start.peerId === row.peerId && Math.abs(start.ms - row.ms) < atOnceMs

/** Another client, a new start, or counters that went back, whose `started` got lost. */
const isNew = (last: TimedReport, row: TimedReport): boolean =>
  row.event === "started" ||
  last.event === "stopped" ||
  row.peerId !== last.peerId ||
  less(row.uploadedBytes, last.uploadedBytes) ||
  less(row.downloadedBytes, last.downloadedBytes)

const less = (now: number | null, before: number | null): boolean =>
  now !== null && before !== null && now < before
