/** One answer from several places: what can be had from anywhere can be had. */
import { exitCodes, isStopped } from "../audit.ts"
import { listed } from "../measure/wording.ts"
import type { Status, VerdictSummary } from "../report.ts"
import type { MergedFinding } from "../report/merged.ts"
import { heardOf, type JudgedPlace } from "./places.ts"
import { questionOf } from "./question.ts"

type Answer = Pick<VerdictSummary, "downloadable" | "because">

/** Places that were offline, or looked long before the others, have no say where others do. `missing`: pieces that nobody has whom any place reached; null: not known. */
export function mergedVerdict(
  places: readonly JudgedPlace[],
  findings: readonly MergedFinding[],
  missing: number | null,
): VerdictSummary {
  const heard = heardOf(places)
  const answer = answerOf(heard, missing)
  const labels = new Set(heard.map(({ label }) => label))
  const theirs = findings.filter(
    ({ vantages }) => vantages.length === 0 || vantages.some((label) => labels.has(label)),
  )
  const status = statusOf(heard, theirs, answer)
  return { status, exitCode: exitCodes[status], ...answer }
}

function answerOf(places: readonly JudgedPlace[], missing: number | null): Answer {
  const of = (answer: VerdictSummary["downloadable"]) =>
    places.filter(({ report }) => report.verdict.downloadable === answer)
  const [yes, no, unknown] = [of("yes"), of("no"), of("unknown")]
  const [first] = yes.length > 0 ? yes : no.length > 0 ? no : unknown.length > 0 ? unknown : places
  const told = first?.report.verdict.because ?? "No place saw anything"
  const from = (label: string) => `From ${label}: ${told.charAt(0).toLowerCase()}${told.slice(1)}`
  if (yes.length > 0) {
    const others = [...no, ...unknown]
    if (others.length === 0 || !first) return { downloadable: "yes", because: told }
    return { downloadable: "yes", because: `${from(first.label)}; not for certain from ${labels(others)}` }
  }
  if (no.length > 0 && unknown.length === 0) {
    if (missing !== 0) return { downloadable: "no", because: told }
    return {
      downloadable: "unknown",
      because: `Every place lacks pieces that peers have whom another place reached: ${labels(no)}`,
    }
  }
  if (!first) return { downloadable: "unknown", because: told }
  const { downloadable } = first.report.verdict
  return downloadable === "untested"
    ? { downloadable, because: told }
    : { downloadable: "unknown", because: from(first.label) }
}

const labels = (places: readonly JudgedPlace[]): string =>
  listed(
    places.map(({ label }) => label),
    3,
  )

/**
 * As of one audit: any fail is critical, no certain answer is unknown, any warn is a warning. A limit is open where no place keeps it; and
 * what is unknown to every place, as it was stopped or learnt nothing, is unknown.
 */
function statusOf(
  places: readonly JudgedPlace[],
  findings: readonly MergedFinding[],
  { downloadable }: Answer,
): Status {
  const any = (verdict: MergedFinding["verdict"]) => findings.some((finding) => finding.verdict === verdict)
  if (downloadable === "no" || any("fail")) return "critical"
  const blind = places.every(
    ({ evidence, report }) => isStopped(evidence) || report.verdict.status === "unknown",
  )
  if (downloadable === "unknown" || any("error") || blind || isLimitOpen(findings)) return "unknown"
  return any("warn") ? "warning" : "ok"
}

function isLimitOpen(findings: readonly MergedFinding[]): boolean {
  const limits = findings.filter(({ audit }) => audit === "below-threshold")
  const kept = new Set(limits.filter(({ verdict }) => verdict === "pass").map(questionOf))
  return limits.some((limit) => limit.verdict === "inconclusive" && !kept.has(questionOf(limit)))
}
