/** What one place knows better than another that accuses somebody. */
import type { Evidence, Tracker } from "../evidence.ts"
import { askedWebSeeds } from "../measure/web-seeds.ts"
import type { Finding } from "../report.ts"
import { clearedWebSeed } from "./cleared-web-seed.ts"
import type { JudgedPlace } from "./places.ts"
import { questionOf } from "./question.ts"
import { rowsOf } from "./rows.ts"

/** Say what one place sees of the swarm: another that sees more refutes them. */
const ofPlace: ReadonlySet<string> = new Set([
  "all-choked",
  "below-threshold",
  "dht-absent",
  "last-seeder",
  "low-reach",
  "missing-pieces",
  "no-seeder",
  "one-network",
  "scarce-pieces",
])
const ofTracker: ReadonlySet<string> = new Set(["dead-tracker", "refusing-tracker"])
const ofWebSeed: ReadonlySet<string> = new Set(["moved-webseed", "rangeless-webseed", "stale-webseed"])
const ofServing: ReadonlySet<string> = new Set(["snubbing-peer", "unserved-claims"])

/** As `unserved-claims` has it: of so many pieces it must be proven. */
const leastUnserved = 2

/** Whether this place refutes a finding of another. `nameOf`: its subjects, as all places call them; `name`: that of the finding's. */
export function refuterAt(
  { evidence, report }: JudgedPlace,
  nameOf: (subject: string) => string,
): (finding: Finding, name: string) => boolean {
  const about = (findings: readonly Finding[]) =>
    new Set(findings.map(({ audit, subject }) => `${audit} ${nameOf(subject)}`))
  const passed = new Set(report.findings.filter(({ verdict }) => verdict === "pass").map(questionOf))
  const doubted = about(report.findings)
  const accused = about(report.findings.filter(({ verdict }) => verdict === "warn" || verdict === "fail"))
  const answered = new Set(evidence.trackers.filter(hasAnswered).map(({ url }) => `tracker:${url}`))
  const seeds = Map.groupBy(askedWebSeeds(evidence), ({ url }) => `webseed:${url}`)
  const served = servedBy(evidence, nameOf)
  return (finding, name) => {
    const { audit, subject } = finding
    if (ofTracker.has(audit)) return answered.has(subject)
    if (ofWebSeed.has(audit)) {
      const asked = doubted.has(`${audit} ${name}`) ? [] : (seeds.get(subject) ?? [])
      return asked.some((seed) => clearedWebSeed(seed, finding))
    }
    if (ofServing.has(audit)) {
      const pieces = served.get(name) ?? new Set()
      return (
        !accused.has(`${audit} ${name}`) &&
        (audit === "snubbing-peer" ? pieces.size > 0 : isServed(finding, pieces))
      )
    }
    return ofPlace.has(audit) && passed.has(questionOf(finding))
  }
}

/** A run that reused an answer stored its scrape with it. */
const hasAnswered = ({ announces, scrape }: Tracker): boolean =>
  (scrape?.ok === true && !announces.some(({ reused }) => reused)) ||
  announces.some(({ ok, reused, event }) => ok && !reused && event !== "stopped")

/** Pieces that each peer sent right. */
function servedBy({ peers }: Evidence, nameOf: (subject: string) => string): Map<string, Set<number>> {
  const served = new Map<string, Set<number>>()
  for (const { address, samples } of peers) {
    const right = samples.filter(({ verified }) => verified === true)
    if (right.length === 0) continue
    const name = nameOf(`peer:${address}`)
    const pieces = served.get(name) ?? new Set()
    served.set(name, pieces)
    for (const { piece } of right) pieces.add(piece)
  }
  return served
}

/** Of the pieces that it is accused of, too few are left to accuse it. */
function isServed({ evidence }: Finding, served: ReadonlySet<number>): boolean {
  const withheld = new Set(rowsOf(evidence["samples"]).map(({ piece }) => piece))
  const left = [...withheld].filter((piece) => typeof piece !== "number" || !served.has(piece)).length
  return left < withheld.size && left < leastUnserved
}
