/** A snapshot → what the fleet's table says of it. */
import { contactsPeers } from "../../evidence/words.ts"
import type { AuditRow, Finding, Snapshot, Status } from "../../report.ts"
import { seedersOf, trendFrom, weekBefore, type Trend } from "./trend.ts"

export type { Trend } from "./trend.ts"

export interface AuditedLine {
  kind: "audited"
  status: Status
  name: string
  claimed: number | null
  /** Null: no peer was visited. */
  reached: number | null
  /** Distributed copies; null: not measured. */
  copies: number | null
  /** Over seven days; null: nothing to compare with. */
  trend: Trend | null
  /** Beside the name: what the columns can't say. */
  note: string
  /** Below the table. */
  reason: string
}

export interface FailedLine {
  kind: "failed"
  name: string
  code: string
  message: string
}

/** Not audited yet. */
export interface AwaitedLine {
  kind: "awaited"
  name: string
  note: string
}

export type FleetLine = AuditedLine | FailedLine | AwaitedLine

/** `rows`: earlier audits of it, in any order; this one may be among them. */
export function fleetLine(snapshot: Snapshot, rows: readonly AuditRow[]): AuditedLine {
  const { run, torrent, verdict, swarm } = snapshot
  const visited = contactsPeers(run.depth)
  return {
    kind: "audited",
    status: verdict.status,
    name: torrent.name,
    claimed: swarm.seeders.claimed,
    reached: visited ? swarm.seeders.reached : null,
    copies: swarm.availability?.distributedCopies ?? null,
    trend: trendOf(snapshot, rows),
    note: noteOf(snapshot, visited),
    reason: reasonOf(snapshot),
  }
}

const wasStopped = ({ run }: Snapshot): boolean =>
  run.stopReason === "interrupted" || run.stopReason === "terminated"

function noteOf(snapshot: Snapshot, visited: boolean): string {
  if (wasStopped(snapshot)) return "stopped"
  if (snapshot.verdict.status !== "unknown") return ""
  if (!visited) return "no answer"
  const { claimed, sighted } = snapshot.swarm.funnel
  return sighted === 0 ? "nobody named" : `${claimed} of ${sighted} reached`
}

/** Why a depth that takes no pieces owes its answer. */
const unanswered: Partial<Record<Snapshot["run"]["depth"], string>> = {
  scrape: "no tracker said how many there are",
  discover: "nobody was named, and no tracker answered",
  handshake: "no peer told what it holds",
}

function reasonOf(snapshot: Snapshot): string {
  const { run, verdict, findings } = snapshot
  if (verdict.status === "ok") return ""
  const problems = problemsOf(snapshot)
  if (verdict.status !== "unknown") return problems || verdict.because
  if (wasStopped(snapshot)) return "a signal ended it"
  const open = findings.find(
    ({ audit, verdict: found }) => audit === "below-threshold" && found === "inconclusive",
  )
  return open?.because ?? (problems || (unanswered[run.depth] ?? verdict.because))
}

const about = ({ audit, subject }: Finding): string =>
  subject === "swarm" ? audit : `${audit} ${subject.replace(/^(tracker|peer|webseed):/, "")}`

function problemsOf({ findings }: Snapshot): string {
  const found = (verdict: Finding["verdict"]) =>
    findings.filter((each) => each.verdict === verdict).map(about)
  return [...new Set([...found("fail"), ...found("warn")])].join(", ")
}

/** Seeders reached or, where none is visited, claimed. */
function trendOf(snapshot: Snapshot, rows: readonly AuditRow[]): Trend | null {
  const { run, swarm } = snapshot
  const { startedAt, depth, complete } = run
  const newest = {
    startedAt,
    depth,
    complete,
    seedersReached: swarm.seeders.reached,
    seedersClaimed: swarm.seeders.claimed,
  }
  const now = seedersOf(newest)
  const before = weekBefore(
    newest,
    rows.filter(({ id }) => id !== run.id),
  )
  return now === null || !complete ? null : trendFrom(now, before)
}
