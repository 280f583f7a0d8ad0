/** One line for Nagios and its kin, by the Monitoring Plugins guidelines: `TORRENT OK - text | label=value;warn;crit`. */
import { metrics, type Limit, type Metric } from "../evidence.ts"
import type { Snapshot, Status } from "../report.ts"
import { deadTrackers, limitOf, metricValue } from "./metric-values.ts"
import { measured } from "./swarm-table.ts"
import { escape, fit } from "./text.ts"
import { count, plural } from "./units.ts"

/** A page or a text message shows about as much. */
const maxColumns = 300
/** Of several targets: what Nagios keeps of a plugin's output is 8 KiB. */
const maxTargets = 40
const maxNameColumns = 60
const maxProblems = 4
const always: ReadonlySet<Metric> = new Set(["seeders", "copies", "reach"])

/** A target that could not be audited. */
export interface Missing {
  name: string
  message: string
}

/** A target of several that came to no audit. */
export interface Unaudited {
  name: string
  message: string
}

/** Several: a line that counts them, and below it one for each, worst first, as long output. */
export function renderNagios(snapshots: readonly Snapshot[], failed: readonly Unaudited[] = []): string {
  const [first, ...more] = snapshots
  if (first === undefined && failed.length === 0) return nagiosError("nothing was audited")
  if (first !== undefined && more.length + failed.length === 0)
    return `${line(first.verdict.status, saying(first))} | ${perfdata(first)}\n`
  const told: Told[] = [
    ...snapshots.map((each) => ({
      status: each.verdict.status,
      name: each.torrent.name,
      text: saying(each),
    })),
    ...failed.map(({ name, message }) => ({ status: "unknown" as const, name, text: oneLine(message) })),
  ].sort((a, b) => worstFirst.indexOf(a.status) - worstFirst.indexOf(b.status))
  const numbers = worstFirst.map((status) => {
    return { status, number: told.filter((each) => each.status === status).length }
  })
  const counts = numbers.filter(({ number }) => number > 0).map(({ status, number }) => `${number} ${status}`)
  const head = line(told[0]?.status ?? "unknown", `${plural(told.length, "torrent")}: ${counts.join(", ")}`)
  const data = numbers.map(({ status, number }) => `${status}=${number}`).join(" ")
  const rest = told.length - maxTargets
  return `${[
    `${head} | ${data}`,
    ...told.slice(0, maxTargets).map(targetLine),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ].join("\n")}\n`
}

interface Told {
  status: Status
  name: string
  text: string
}

const targetLine = ({ status, name, text }: Told): string =>
  fit(
    `${status.toUpperCase()} ${fit(oneLine(name) || "(no name)", maxNameColumns, "...")}: ${text}`,
    maxColumns,
    "...",
  )

/** Whatever kept us from an answer. */
export const nagiosError = (message: string): string => `${line("unknown", oneLine(message))}\n`

/** Many targets: critical > unknown > warning > ok. */
const worstFirst = ["critical", "unknown", "warning", "ok"] as const satisfies readonly Status[]

const line = (status: Status, text: string): string =>
  `TORRENT ${status.toUpperCase()} - ${fit(text, maxColumns, "...")}`

/** A bar would begin the performance data. */
const oneLine = (text: string): string => escape(text).replaceAll("|", "/").trim()

function saying(snapshot: Snapshot): string {
  const { swarm, trackers, findings, verdict } = snapshot
  const { seeders, availability } = swarm
  const facts: string[] = []
  if (measured(snapshot).reached) facts.push(plural(seeders.reached, "seeder"))
  else if (seeders.claimed !== null)
    facts.push(`${count(seeders.claimed)} ${seeders.claimed === 1 ? "seeder" : "seeders"} claimed`)
  if (availability !== null) facts.push(`${availability.distributedCopies.toFixed(2)} copies`)
  const dead = deadTrackers(snapshot)
  if (dead > 0) facts.push(`${dead}/${trackers.length} trackers dead`)
  const broken = findings.filter(
    (finding) =>
      finding.verdict === "fail" ||
      (finding.verdict === "warn" && finding.audit !== "dead-tracker") ||
      (finding.audit === "below-threshold" && finding.verdict === "inconclusive"),
  )
  const problems = [
    ...new Set(broken.map(({ audit, because }) => (audit === "below-threshold" ? because : audit))),
  ]
  facts.push(...problems.slice(0, maxProblems))
  if (problems.length > maxProblems) facts.push(plural(problems.length - maxProblems, "more problem"))
  const unanswered = verdict.downloadable === "no" || verdict.downloadable === "unknown"
  if (unanswered || facts.length === 0) facts.push(verdict.because)
  return oneLine(facts.join(", "))
}

/** `seeders=19;5:;1: copies=20.83;;1: reach=39%`: the usual ones, and whatever a limit is on. */
function perfdata(snapshot: Snapshot): string {
  return metrics
    .flatMap((metric) => {
      const warning = limitOf(metric, "warning", snapshot)
      const critical = limitOf(metric, "critical", snapshot)
      const value = metricValue(metric, snapshot)
      const limited = warning !== null || critical !== null
      if (!limited && (value === null || !always.has(metric))) return []
      const number = value === null ? "U" : `${decimal(value)}${units[metric] ?? ""}`
      return [`${metric}=${number};${ranged(warning)};${ranged(critical)}`.replace(/;+$/, "")]
    })
    .join(" ")
}

const units: Partial<Record<Metric, string>> = { reach: "%", "full-copy": "s" }

const decimal = (value: number): string => String(Number(value.toFixed(2)))

/** As it would be written on a command line. */
function ranged(limit: Limit | null): string {
  if (limit === null) return ""
  const { low, high, inside } = limit
  const end = high === null ? "" : String(high)
  const range = low === 0 && high !== null ? end : `${low ?? "~"}:${end}`
  return `${inside ? "@" : ""}${range}`
}
