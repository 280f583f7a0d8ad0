import type { Audit } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { listed } from "../measure/wording.ts"

const audit = "budget-hit"

/** What our own limits kept out: worth knowing, no defect of the swarm. */
export const budgetHit = {
  id: audit,
  title: "Budget hit",
  question: "Did a limit of ours cut the audit short?",
  references: [],
  requires: ["run"],
  judge({ run }) {
    const { capsHit, stopReason } = run
    const caps = capsHit.map(({ cap, dropped }) => (dropped > 0 ? `${cap} (${dropped} left out)` : cap))
    const ended = stopReason === "timeout" || stopReason === "budget"
    const hit = caps.length > 0 || ended
    const because = hit
      ? `limits of ours cut the audit short: ${caps.length > 0 ? listed(caps, 5) : stopReason}`
      : "no limit of ours was hit"
    return [
      finding(audit, hit ? "inconclusive" : "pass", because, {
        subject: "self",
        measured: caps.length > 0 ? listed(caps, 3) : null,
        advice: hit ? "Raise --timeout, --max-peers or --max-download to see more." : null,
        evidence: { capsHit: capsHit.map(({ cap, atMs, dropped }) => ({ cap, atMs, dropped })), stopReason },
      }),
    ]
  },
} satisfies Audit<"run">
