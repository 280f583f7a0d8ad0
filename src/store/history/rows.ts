/** A line of the history as columns, and back; what stands in a database may be anything. */
import { depths } from "../../evidence/words.ts"
import type { AuditRow } from "../../report.ts"
import { limits } from "../../limits.ts"
import { BadColumn, number, numberOrNull as orNull, oneOf, text, textOrNull } from "../database/columns.ts"
import type { AuditTable } from "../database/tables.ts"

export function columnsOf(row: AuditRow): AuditTable {
  return {
    info_hash: row.infoHash,
    vantage: row.vantage,
    started_at: row.startedAt,
    id: row.id,
    duration_ms: row.durationMs,
    depth: row.depth,
    complete: row.complete ? 1 : 0,
    status: row.status,
    downloadable: row.downloadable,
    seeders_claimed: row.seedersClaimed,
    seeders_reached: row.seedersReached,
    seeders_verified: row.seedersVerified,
    leechers_claimed: row.leechersClaimed,
    leechers_reached: row.leechersReached,
    copies: row.copies,
    reach_ratio: row.reachRatio,
    median_bytes_per_second: row.medianBytesPerSecond,
    problems: JSON.stringify(
      row.problems
        .slice(0, limits.history.maxProblems)
        .map(({ audit, subject, verdict }) => [audit, subject, verdict]),
    ),
  }
}

const statuses: readonly AuditRow["status"][] = ["ok", "warning", "critical", "unknown"]
const answers: readonly AuditRow["downloadable"][] = ["yes", "no", "unknown", "untested"]

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Throws where a column doesn't hold what it should: somebody else wrote it. */
export function rowOf(found: Record<keyof AuditTable | "name", unknown>): AuditRow {
  const startedAt = text(found.started_at)
  if (!time.test(startedAt)) throw new BadColumn("started_at")
  return {
    id: text(found.id),
    infoHash: text(found.info_hash),
    name: text(found.name),
    vantage: textOrNull(found.vantage),
    startedAt,
    durationMs: number(found.duration_ms),
    depth: depthOf(found.depth),
    complete: number(found.complete) === 1,
    status: oneOf(statuses, found.status),
    downloadable: oneOf(answers, found.downloadable),
    seedersClaimed: orNull(found.seeders_claimed),
    seedersReached: number(found.seeders_reached),
    seedersVerified: number(found.seeders_verified),
    leechersClaimed: orNull(found.leechers_claimed),
    leechersReached: number(found.leechers_reached),
    copies: orNull(found.copies),
    reachRatio: orNull(found.reach_ratio),
    medianBytesPerSecond: orNull(found.median_bytes_per_second),
    problems: problemsOf(text(found.problems)),
  }
}

export const depthOf = (value: unknown): AuditRow["depth"] => oneOf(depths, value)

export const status = (value: unknown): AuditRow["status"] => oneOf(statuses, value)

function problemsOf(json: string): AuditRow["problems"] {
  let list: unknown
  try {
    list = JSON.parse(json)
  } catch {
    throw new BadColumn("not JSON")
  }
  if (!Array.isArray(list)) throw new BadColumn("no list")
  return list.map((each: unknown) => {
    const [audit, subject, verdict] = Array.isArray(each) ? (each as unknown[]) : []
    return { audit: text(audit), subject: text(subject), verdict: oneOf(["warn", "fail"], verdict) }
  })
}
