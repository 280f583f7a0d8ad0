import type { Audit, Finding } from "../report.ts"
import type { Limit } from "../evidence.ts"
import { finding } from "../measure/finding.ts"
import { measuredOf, type Measured } from "../measure/metrics.ts"
import { offline } from "../measure/offline.ts"
import { askedFor, breaks, mayKeep } from "../measure/range.ts"
import type { Swarm } from "../measure/roles.ts"

const audit = "below-threshold"

type Level = "warn" | "fail"

/** What the user asked the swarm to be held to. Broken by what was reached but not by what is possible: no answer yet. */
export const belowThreshold = {
  id: audit,
  title: "Below threshold",
  question: "Does the swarm meet the limits given?",
  references: [],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds"],
  judge(evidence) {
    const critical = limitsOf(evidence, "fail").map((limit) => heldTo(limit, "fail", evidence))
    const worse = new Set(
      critical.filter(({ verdict }) => verdict === "fail").map(({ evidence: { metric } }) => metric),
    )
    const warning = limitsOf(evidence, "warn")
      .filter(({ metric }) => !worse.has(metric))
      .map((limit) => heldTo(limit, "warn", evidence))
    return [...critical, ...warning]
  },
} satisfies Audit

function limitsOf({ run: { thresholds } }: Swarm, level: Level): Limit[] {
  if (level === "warn") return thresholds.warning ?? []
  const { minSeeders, minAvailability, critical = [] } = thresholds
  const least = (metric: Limit["metric"], low: number | null): Limit[] =>
    low === null ? [] : [{ metric, low, high: null, inside: false }]
  return [...least("seeders", minSeeders), ...least("copies", minAvailability), ...critical]
}

function heldTo(limit: Limit, level: Level, evidence: Swarm): Finding {
  const { metric, low, high, inside } = limit
  const measured = measuredOf(metric, evidence)
  const { value, basis } = measured
  const verdict = verdictOn(limit, measured, level, evidence)
  const asked = askedFor(limit)
  const seen =
    value === null
      ? unknownAt(metric, evidence)
      : `${shown(metric, value)}${basis === "measured" ? "" : ` ${basis}`}`
  const possible = Number.isFinite(measured.high) ? measured.high : null
  const room = value === null || basis === "claimed" ? seen : `${seen}${roomIn(metric, measured)}`
  const because = verdict === "pass" ? `${seen}, ${asked} asked for` : `${room}: ${asked} asked for`
  return finding(audit, verdict, because, {
    claimed: shown(metric, asked),
    measured: room,
    advice:
      verdict === "inconclusive" && value !== null ? "Add --strict to count only what was reached." : null,
    evidence: {
      metric,
      level,
      low,
      high,
      inside,
      ...(high === null && !inside && { least: low }),
      value,
      possible: basis === "claimed" ? null : possible,
      basis,
    },
  })
}

function verdictOn(limit: Limit, { value, low, high }: Measured, level: Level, evidence: Swarm) {
  if (value === null) return "inconclusive"
  if (!breaks(limit, value)) return "pass"
  if (offline(evidence)) return "inconclusive"
  if (evidence.run.thresholds.strict) return level
  return mayKeep(limit, low, high) ? "inconclusive" : level
}

const digits = (n: number): string => (Number.isInteger(n) ? `${n}` : n.toFixed(2))

/** One, many, and what is not known. */
const words: Record<Limit["metric"], readonly [one: string, many: string, whole: string]> = {
  seeders: [" seeder", " seeders", "seeders"],
  leechers: [" leecher", " leechers", "leechers"],
  copies: [" copy", " copies", "copies"],
  reach: ["% of the peers", "% of the peers", "reach"],
  "missing-pieces": [" missing piece", " missing pieces", "missing pieces"],
  rate: [" KiB/s per peer", " KiB/s per peer", "rate"],
  "full-copy": [" s for a full copy", " s for a full copy", "time for a full copy"],
  "dead-trackers": [" dead tracker", " dead trackers", "dead trackers"],
}

function shown(metric: Limit["metric"], value: number | string): string {
  const [one, many] = words[metric]
  return `${typeof value === "number" ? digits(value) : value}${value === 1 ? one : many}`
}

/** Peers whom we couldn't ask may be seeders, and hold what is missing. */
function roomIn(metric: Limit["metric"], { low, high }: Measured): string {
  if (metric === "missing-pieces") return `, ${digits(low)} possible`
  if (metric !== "seeders" && metric !== "leechers" && metric !== "copies") return ""
  return Number.isFinite(high) ? `, ${digits(high)} possible` : ", more possible"
}

const unknownAt = (metric: Limit["metric"], { run: { depth } }: Swarm): string =>
  `no ${words[metric][2]} known at depth ${depth}`
