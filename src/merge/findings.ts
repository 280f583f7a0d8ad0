/** What each place found by itself, told once, and what another place knows better. */
import { byChance, inOrder } from "../audit.ts"
import type { Evidence, Sample } from "../evidence.ts"
import { runLevel } from "../measure/statistics/run-level.ts"
import { wholeWebSeeds } from "../measure/web-seeds.ts"
import { listed } from "../measure/wording.ts"
import type { Finding } from "../report.ts"
import type { MergedFinding } from "../report/merged.ts"
import { areClose, type JudgedPlace } from "./places.ts"

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

/**
 * All of them, worst first: the same one from several places once, as the first has it; two of one place stay two. What one place takes for the swarm's fault, a
 * tracker's death, a peer's or a web seed's refusal is open where another place found otherwise at about that time. One level for the p-values of all
 * places together.
 */
export function mergedFindings(
  places: readonly JudgedPlace[],
  across: readonly MergedFinding[],
): MergedFinding[] {
  const own = places.flatMap((place) =>
    saidBy(place).map((finding) => ({ place, finding: known(finding, place, places) })),
  )
  const groups = grouped(own)
  const once = [...groups.values()].flatMap((group): MergedFinding[] => {
    const [first] = group
    const vantages = [...new Set(group.map(({ place }) => place.label))]
    return first ? [{ ...first.finding, vantages }] : []
  })
  return inOrder(atLevel([...across, ...once], places, across))
}

interface Placed {
  place: JudgedPlace
  finding: Finding
}

/** The same one from several places; the second that a place has of a kind goes with the second of the others. */
function grouped(findings: readonly Placed[]): Map<string, Placed[]> {
  const before = new Map<string, number>()
  return Map.groupBy(findings, ({ place, finding }) => {
    const kind = JSON.stringify([questionOf(finding), finding.verdict, finding.subject])
    const ofPlace = `${place.label} ${kind}`
    const nth = before.get(ofPlace) ?? 0
    before.set(ofPlace, nth + 1)
    return `${nth} ${kind}`
  })
}

/** What it answers: its audit's question, and of limits that of the one limit. */
export const questionOf = ({ audit, evidence }: Pick<Finding, "audit" | "evidence">): string =>
  audit === "below-threshold"
    ? JSON.stringify([audit, ...limitKeys.map((key) => evidence[key] ?? null)])
    : audit

const limitKeys = ["metric", "level", "low", "high", "inside"]

/** What a place without a network did not find, it could not have found. */
const saidBy = ({ offline, report }: JudgedPlace): readonly Finding[] =>
  offline
    ? report.findings.filter(({ audit, verdict }) => audit === "self-offline" || verdict === "error")
    : report.findings

function known(finding: Finding, place: JudgedPlace, places: readonly JudgedPlace[]): Finding {
  if (finding.verdict !== "warn" && finding.verdict !== "fail") return finding
  const others = places.filter((each) => each !== place && !each.offline && areClose(each, place))
  const better = others.filter((each) => refutes(each, finding, place)).map(({ label }) => label)
  if (better.length === 0) return finding
  return {
    ...finding,
    verdict: "inconclusive",
    because: `${finding.because}; not so from ${listed(better, 3)}`,
  }
}

function refutes(other: JudgedPlace, finding: Finding, accuser: JudgedPlace): boolean {
  const { audit } = finding
  if (ofTracker.has(audit)) return answeredBy(other, finding)
  if (ofWebSeed.has(audit)) return wasWhole(other, finding)
  if (ofServing.has(audit)) return wasServed(other, finding, accuser)
  return (
    ofPlace.has(audit) &&
    other.report.findings.some((each) => each.verdict === "pass" && questionOf(each) === questionOf(finding))
  )
}

/** A run that reused an answer stored its scrape with it. */
const answeredBy = ({ evidence }: JudgedPlace, { subject }: Finding): boolean =>
  evidence.trackers.some(
    ({ url, announces, scrape }) =>
      subject === `tracker:${url}` &&
      ((scrape?.ok === true && !announces.some(({ reused }) => reused)) ||
        announces.some(({ ok, reused, event }) => ok && !reused && event !== "stopped")),
  )

/** It gave the other place all that it was asked for, and nothing there speaks against it, not even faintly. */
const wasWhole = ({ evidence, report }: JudgedPlace, { audit, subject }: Finding): boolean =>
  wholeWebSeeds(evidence).some(({ url }) => subject === `webseed:${url}`) &&
  !report.findings.some((each) => each.audit === audit && each.subject === subject)

/** Whoever serves one place is no snubber; who serves it what another asked for in vain holds what it claims. */
function wasServed({ evidence }: JudgedPlace, { audit, subject }: Finding, accuser: JudgedPlace): boolean {
  const served = verifiedOf(evidence, subject)
  if (audit === "snubbing-peer") return served.size > 0
  const got = verifiedOf(accuser.evidence, subject)
  return samplesOf(accuser.evidence, subject).some(({ piece }) => served.has(piece) && !got.has(piece))
}

const samplesOf = ({ peers }: Evidence, subject: string): Sample[] =>
  peers.filter(({ address }) => subject === `peer:${address}`).flatMap(({ samples }) => samples)

const verifiedOf = (evidence: Evidence, subject: string): ReadonlySet<number> =>
  new Set(
    samplesOf(evidence, subject)
      .filter(({ verified }) => verified === true)
      .map(({ piece }) => piece),
  )

/** Every place made all its tests: counted by audit, place by place. */
function atLevel(
  findings: readonly MergedFinding[],
  places: readonly JudgedPlace[],
  across: readonly MergedFinding[],
): MergedFinding[] {
  const tested = [
    ...across,
    ...places.flatMap(({ label, report }) =>
      report.findings.map((finding) => ({ ...finding, audit: `${label} ${finding.audit}` })),
    ),
  ]
  const { tests, tooLikely } = runLevel(tested)
  const likely = new Set(
    [...tooLikely].map(({ audit, subject, pValue }) =>
      JSON.stringify([audit.slice(audit.indexOf(" ") + 1), subject, pValue]),
    ),
  )
  return findings.map((finding) =>
    (finding.verdict === "warn" || finding.verdict === "fail") &&
    likely.has(JSON.stringify([finding.audit, finding.subject, finding.pValue]))
      ? byChance(finding, `${tests} tests of all places`)
      : finding,
  )
}
