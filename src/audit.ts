/** Evidence → Report, pure: the same evidence gives the same report, today and in years. */
import { audits } from "./audits/index.ts"
import type { Evidence } from "./evidence.ts"
import { fewestPerBin } from "./measure/availability.ts"
import { contentionOf } from "./measure/contention.ts"
import { downloadable, type Answer } from "./measure/downloadable.ts"
import { completionsPerHour, downloadsOf } from "./measure/downloads.ts"
import { fileAvailability } from "./measure/files.ts"
import { fullCopyMs } from "./measure/full-copy.ts"
import { holdingsOf } from "./measure/holdings.ts"
import { membershipOf } from "./measure/members.ts"
import { offline } from "./measure/offline.ts"
import { populationOf, roleEstimates } from "./measure/population/swarm.ts"
import { progressOf } from "./measure/progress.ts"
import { medianGoodput, totalGoodput } from "./measure/rates.ts"
import { reachOf } from "./measure/reach.ts"
import { funnelOf, rolesOf } from "./measure/roles.ts"
import { sampledPieces } from "./measure/sampled.ts"
import { sourceCounts } from "./measure/sources.ts"
import { ofRun } from "./measure/statistics/holm.ts"
import { runLevel } from "./measure/statistics/run-level.ts"
import { isAnyAsked, webSeedSummary } from "./measure/web-seeds.ts"
import type { Audit, Finding, Report, Status, Swarm, Verdict, VerdictSummary } from "./report.ts"

const maxBins = 1_024
const maxFiles = 1_000

export function judge(evidence: Evidence, chosen: readonly Audit[] = audits): Report {
  // What is counted once per list of peers must not outlive this call: the caller may go on gathering into its own list.
  const frozen = { ...evidence, peers: [...evidence.peers] }
  const findings = inOrder(atLevel(chosen.flatMap((audit) => judgedBy(audit, frozen))))
  return { verdict: summary(frozen, findings), swarm: swarmOf(frozen), findings }
}

/** An audit sees what it declared; one that throws is its own finding and harms no other. */
function judgedBy(audit: Audit, evidence: Evidence): readonly Finding[] {
  const declared = Object.fromEntries(
    audit.requires.map((key) => [key, evidence[key]]),
  ) as unknown as Evidence
  try {
    return audit.judge(declared)
  } catch (error) {
    return [thrownBy(audit, error)]
  }
}

export const thrownBy = ({ id }: Pick<Audit, "id">, error: unknown): Finding => ({
  audit: id,
  verdict: "error",
  subject: "self",
  claimed: null,
  measured: null,
  because: `this audit failed: ${error instanceof Error ? error.message : String(error)}`,
  advice: "This is a bug of torrent-audit: please report it with the snapshot.",
  pValue: null,
  evidence: {},
})

/** An audit doesn't know what else was tested: who is accused by chance, one run in a thousand, is so by one of all its tests. */
function atLevel(findings: readonly Finding[]): Finding[] {
  const { tests, tooLikely } = runLevel(findings)
  return findings.map((finding) =>
    tooLikely.has(finding) ? byChance(finding, `${tests} tests of one run`) : finding,
  )
}

export const byChance = <T extends Finding>(finding: T, tests: string): T => ({
  ...finding,
  verdict: "inconclusive" as const,
  because: `${finding.because}; among ${tests} that may be chance (Holm, at ${ofRun})`,
})

const order: readonly Verdict[] = ["fail", "warn", "error", "inconclusive", "pass", "skipped"]

/** Worst first; among equals as the audits are listed, and as the evidence has it. */
export const inOrder = <T extends Finding>(findings: readonly T[]): T[] =>
  [...findings].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))

export const exitCodes: Record<Status, VerdictSummary["exitCode"]> = {
  ok: 0,
  warning: 1,
  critical: 2,
  unknown: 3,
}

function summary(evidence: Evidence, findings: readonly Finding[]): VerdictSummary {
  const { answer, because } = downloadable(evidence)
  const status = statusOf(evidence, findings, answer)
  return { status, exitCode: exitCodes[status], downloadable: answer, because }
}

/** One scale: any fail is critical; no certain answer is unknown; any warn is a warning. */
function statusOf(evidence: Evidence, findings: readonly Finding[], answer: Answer["answer"]): Status {
  if (answer === "no" || findings.some(({ verdict }) => verdict === "fail")) return "critical"
  const open = findings.some(
    ({ audit, verdict }) =>
      verdict === "error" || (audit === "below-threshold" && verdict === "inconclusive"),
  )
  if (isStopped(evidence) || open || answer === "unknown" || offline(evidence) || learntNothing(evidence))
    return "unknown"
  return findings.some(({ verdict }) => verdict === "warn") ? "warning" : "ok"
}

/** By the user or the system, before it had seen what it meant to. */
export const isStopped = ({ run: { stopReason } }: Pick<Evidence, "run">): boolean =>
  stopReason === "interrupted" || stopReason === "terminated"

/** A depth that takes no pieces still owes an answer to what it asks. */
function learntNothing(evidence: Evidence): boolean {
  const { depth } = evidence.run
  const { seeders, leechers } = rolesOf(evidence)
  if (depth === "scrape") return seeders.claimed === null && leechers.claimed === null
  if (depth === "discover") {
    return (
      evidence.peers.length === 0 &&
      !evidence.trackers.some(({ announces }) => announces.some(({ ok }) => ok))
    )
  }
  return depth === "handshake" && seeders.reached + leechers.reached === 0
}

function swarmOf(evidence: Evidence): Swarm {
  const { torrent } = evidence
  const holdings = holdingsOf(evidence)
  const { reached } = membershipOf(evidence)
  const { seeders, leechers } = rolesOf(evidence)
  const contention = contentionOf(evidence)
  const downloads = downloadsOf(evidence, contention)
  const population = populationOf(evidence)
  const estimates = roleEstimates(evidence)
  const progress = progressOf(evidence)
  return {
    seeders: { ...seeders, ...estimates.seeders },
    leechers: { ...leechers, ...estimates.leechers },
    superSeeders: reached.filter(({ uploader }) => uploader === "super-seeder").length,
    partialSeeds: reached.filter(({ uploader }) => uploader === "partial-seed").length,
    population: population.estimate,
    coverageRatio: population.coverageRatio,
    sources: sourceCounts(evidence),
    reachRatio: reachOf(evidence).ratio,
    funnel: funnelOf(evidence),
    ...(isAnyAsked(evidence) && { webSeeds: webSeedSummary(evidence) }),
    availability: holdings && {
      rarest: holdings.rarest,
      distributedCopies: holdings.distributedCopies,
      missingPieces: holdings.missingPieces,
      histogram: holdings.histogram,
      copies: fewestPerBin(holdings.copies, maxBins),
    },
    files: holdings ? fileAvailability(torrent.files, holdings.copies).slice(0, maxFiles) : [],
    goodputBytesPerSecond: {
      median: medianGoodput(reached.map(({ peer }) => peer)),
      total: totalGoodput(
        reached.map(({ peer }) => peer),
        contention,
      ),
      ceiling: contention.ceiling,
    },
    fullCopyMs: fullCopyMs(evidence, { groups: contention.uplinks, ceiling: contention.ceiling }),
    ...(downloads && { downloads }),
    completionsPerHour: completionsPerHour(evidence, downloads),
    ...(progress && { progress }),
    sampledPieces: sampledPieces(evidence),
  }
}
