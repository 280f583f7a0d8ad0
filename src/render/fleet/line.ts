/** A snapshot → what the fleet's table says of it. */
import { contactsPeers } from "../../evidence/words.ts"
import type { AuditRow, Finding, Snapshot, Status } from "../../report.ts"

export type Trend = "up" | "level" | "down"

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

export type FleetLine = AuditedLine | FailedLine

const weekMs = 7 * 24 * 3_600_000
/** One seeder more or less, or a fifth of many, is no trend. */
const leastShare = 0.2

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

/** Against the middle one of the week's audits at the same depth: seeders reached or, where none is visited, claimed. */
function trendOf({ run, swarm }: Snapshot, rows: readonly AuditRow[]): Trend | null {
  const visited = contactsPeers(run.depth)
  const now = visited ? swarm.seeders.reached : swarm.seeders.claimed
  const endMs = Date.parse(run.startedAt)
  const before = rows
    .filter(({ id, depth, complete, startedAt }) => {
      const agoMs = endMs - Date.parse(startedAt)
      return id !== run.id && complete && depth === run.depth && agoMs > 0 && agoMs <= weekMs
    })
    .flatMap(({ seedersReached, seedersClaimed }) => (visited ? seedersReached : (seedersClaimed ?? [])))
    .toSorted((a, b) => a - b)
  const middle = before[Math.floor(before.length / 2)]
  if (now === null || middle === undefined || !run.complete) return null
  if (Math.abs(now - middle) <= Math.max(1, leastShare * middle)) return "level"
  return now > middle ? "up" : "down"
}
