/** What the audits concluded: problems in full, what stayed open and what is in order on demand. */
import type { Finding, Snapshot, Verdict } from "../../report.ts"
import { symbolsFor } from "../page.ts"
import { plural } from "../units.ts"
import { type Budget, evidenceTables } from "./evidence.ts"
import { details, type Section, section } from "./frame.ts"
import { cut, type Html, html, middle, nothing } from "./markup.ts"

const { ok, warning, bad, unknown, none, arrow } = symbolsFor(false)
const symbols: Record<Verdict, string> = {
  fail: bad,
  warn: warning,
  error: unknown,
  inconclusive: unknown,
  skipped: none,
  pass: ok,
}
const words: Record<Verdict, string> = {
  fail: "fails",
  warn: "warning",
  error: "error",
  inconclusive: "open",
  skipped: "not asked",
  pass: "in order",
}

const mostOpen = 12
const mostShown = 500
/** Of one page: beyond, a finding says that its evidence is in the snapshot. */
const evidenceRows = 4_000

const p = (value: number): string => (value < 0.0001 ? value.toExponential(1) : value.toFixed(4))

function against({ claimed, measured, pValue }: Finding): Html {
  const parts = [
    claimed === null ? nothing : html`<span><b>claimed</b> ${cut(claimed, 200)}</span>`,
    measured === null ? nothing : html`<span><b>measured</b> ${cut(measured, 200)}</span>`,
    pValue === null ? nothing : html`<span><b>p</b> ${p(pValue)}</span>`,
  ]
  return parts.every((part) => part === nothing) ? nothing : html`<p class="against">${parts}</p>`
}

function article(finding: Finding, budget: Budget): Html {
  const { audit, verdict, subject, because, advice } = finding
  const evidence = evidenceTables(finding.evidence, budget)
  const about = subject === "swarm" ? nothing : html`<span class="subject">${middle(subject, 120)}</span>`
  return html`<article class="finding ${verdict}">
    <h3>
      <span class="mark" aria-hidden="true">${symbols[verdict]}</span><span class="id">${cut(audit, 40)}</span
      ><span class="word">${words[verdict]}</span>${about}
    </h3>
    <p class="because">${cut(because, 800)}</p>
    ${against(finding)}${advice === null ? nothing : html`<p class="advice"><span aria-hidden="true">${arrow}</span><span>${cut(advice, 600)}</span></p>`}${
      evidence === null
        ? nothing
        : html`<details>
            <summary>
              Evidence<span class="unseen"> for ${cut(audit, 40)}, ${middle(subject, 80)}</span>
            </summary>
            <div class="inside">${evidence}</div>
          </details>`
    }
  </article>`
}

function group(title: string, findings: readonly Finding[], budget: Budget): Html {
  if (findings.length === 0) return nothing
  const shown = findings.slice(0, mostShown)
  const rest = findings.length - shown.length
  return details(
    `${title}: ${findings.length}`,
    ...shown.map((finding) => article(finding, budget)),
    rest > 0 ? html`<p class="fact">and ${rest} more in the embedded snapshot</p>` : nothing,
  )
}

/** The first of each audit before the others of the same: a flood of one must not hide the rest. */
function spread(problems: readonly Finding[]): Finding[] {
  const groups = [...Map.groupBy(problems, ({ audit, verdict }) => `${verdict} ${audit}`).values()]
  const first = groups.flatMap((each) => each.slice(0, 3))
  const later = groups.flatMap((each) => each.slice(3))
  const order = (findings: Finding[]) =>
    findings.toSorted((one, other) => Number(other.verdict === "fail") - Number(one.verdict === "fail"))
  return [...order(first), ...order(later)]
}

export function findings(snapshot: Pick<Snapshot, "findings">): Section {
  const of = (...verdicts: Verdict[]) => snapshot.findings.filter(({ verdict }) => verdicts.includes(verdict))
  const problems = spread(of("fail", "warn"))
  const budget: Budget = { rows: evidenceRows }
  const open = problems.slice(0, mostOpen).map((finding) => article(finding, budget))
  const clear =
    snapshot.findings.length === 0
      ? "No question could be asked."
      : `${plural(of("pass", "inconclusive", "error").length, "question")} asked, nothing that needs attention.`
  return section(
    "findings",
    "Findings",
    [
      problems.length === 0 ? html`<p class="clear">${clear}</p>` : html`<div class="problems">${open}</div>`,
      group("More problems", problems.slice(mostOpen), budget),
      group("Open: too little evidence to tell", of("inconclusive"), budget),
      group("The audit itself failed", of("error"), budget),
      group("In order", of("pass"), budget),
      group("Not asked", of("skipped"), budget),
    ],
    true,
  )
}
