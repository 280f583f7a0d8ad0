import type { Audit, Verdict } from "../report.ts"
import { takesPieces } from "../measure/depth.ts"
import { finding } from "../measure/finding.ts"
import { membershipOf } from "../measure/members.ts"
import { counted } from "../measure/wording.ts"

const audit = "all-choked"

/** Never an accusation: a peer that never unchokes us can't be told from one whose upload slots are full. */
export const allChoked = {
  id: audit,
  title: "All choked",
  question: "Does anybody who holds pieces unchoke us?",
  references: ["BEP 3", "BEP 6"],
  requires: ["run", "torrent", "peers"],
  judge(evidence) {
    const { run } = evidence
    const holders = membershipOf(evidence).reached.filter(({ have }) => have > 0)
    // What came by allowed-fast (BEP 6) came from a peer that choked us.
    const unchoked = holders.filter(
      ({ peer: { outcome, timeline, samples } }) =>
        outcome !== "choked" && (timeline.unchokeMs !== null || samples.length > 0),
    ).length
    const share = `${unchoked} of ${counted(holders.length, "peer")}`
    const say = (verdict: Verdict, because: string, advice: string | null = null) => [
      finding(audit, verdict, because, {
        measured: verdict === "skipped" ? null : share,
        advice,
        evidence: { holders: holders.length, unchoked, waitedMs: run.limits.unchokeMs },
      }),
    ]
    if (!takesPieces(run.depth)) return say("skipped", `depth ${run.depth} asks nobody to unchoke us`)
    if (holders.length === 0) return say("skipped", "no reached peer holds a piece")
    if (unchoked > 0) return say("pass", `${share} with pieces unchoked us`)
    const waited = `${Math.round(run.limits.unchokeMs / 1_000)} s`
    return say(
      "inconclusive",
      `none of ${counted(holders.length, "peer")} with pieces unchoked us within ${waited}; their upload slots may be full`,
      "Audit again later, or for longer.",
    )
  },
} satisfies Audit<"run" | "torrent" | "peers">
