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
  Math.max(rows[nthOf(rows, row) - 1]?.ms ?? -Infinity, row.ms - resentMs)

const positions = new WeakMap<readonly TimedReport[], ReadonlyMap<TimedReport, number>>()

function nthOf(rows: readonly TimedReport[], row: TimedReport): number {
  const known = positions.get(rows) ?? new Map(rows.map((each, nth) => [each, nth]))
  positions.set(rows, known)
  return known.get(row) ?? -1
}

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
  const doubled = twinsAmong(rows.filter(({ event }) => event === "started"))
  return parts.map((part, i) => ({
    address,
    peerId: part[0]?.peerId ?? null,
    rows: part,
    begun: part[0]?.event === "started",
    sinceMs: part[0]?.event === "started" ? part[0].ms : (parts[i - 1]?.at(-1)?.ms ?? -Infinity),
    ended: part.at(-1)?.event === "stopped",
    untilMs: parts[i + 1]?.[0]?.ms ?? Infinity,
    doubled: part.some((row) => doubled.has(row)),
  }))
}

/** Starts with another one of the same id within a moment. */
function twinsAmong(starts: readonly TimedReport[]): ReadonlySet<TimedReport> {
  const twins = new Set<TimedReport>()
  for (const own of Map.groupBy(starts, ({ peerId }) => peerId).values()) {
    const inOrder = own.toSorted((a, b) => a.ms - b.ms)
    for (const [i, row] of inOrder.entries()) {
      const before = inOrder[i - 1]
      if (before && row.ms - before.ms < atOnceMs) twins.add(before).add(row)
    }
  }
  return twins
}

/** Another client, a new start, or counters that went back, whose `started` got lost. */
const isNew = (last: TimedReport, row: TimedReport): boolean =>
  row.event === "started" ||
  last.event === "stopped" ||
  row.peerId !== last.peerId ||
  less(row.uploadedBytes, last.uploadedBytes) ||
  less(row.downloadedBytes, last.downloadedBytes)

const less = (now: number | null, before: number | null): boolean =>
  now !== null && before !== null && now < before
